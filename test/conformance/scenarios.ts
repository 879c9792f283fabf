/**
 * What is demanded of each scenario of the official suite. Every scenario that the suite runs must stand here: one that
 * a newer suite brings is noticed, and one that it no longer runs is missed.
 */

export type Revision = '2025-11-25' | '2026-07-28';

export type Demand = {
  /** Scenarios with at least one passed check, and no failure or warning. */
  readonly pass: readonly string[];
  /** Scenarios that are run, but of which nothing is demanded, with the reason. */
  readonly excused: Readonly<Record<string, string>>;
  /** Checks of demanded scenarios that need a tool of the fixture, and may say so. */
  readonly untestable?: readonly string[];
};

/** The same in both revisions. */
const SHARED = [
  'completion-complete',
  'dns-rebinding-protection',
  'json-schema-2020-12',
  'prompts-get-embedded-resource',
  'prompts-get-simple',
  'prompts-get-with-args',
  'prompts-get-with-image',
  'prompts-list',
  'resources-list',
  'resources-read-binary',
  'resources-read-text',
  'resources-templates-read',
  'server-sse-multiple-streams',
  'tools-call-audio',
  'tools-call-embedded-resource',
  'tools-call-error',
  'tools-call-image',
  'tools-call-mixed-content',
  'tools-call-simple-text',
  'tools-call-with-progress',
  'tools-list',
];

const ONLY_2025 = [
  'elicitation-sep1034-defaults',
  'elicitation-sep1330-enums',
  'logging-set-level',
  'ping',
  'resources-subscribe',
  'resources-unsubscribe',
  'server-initialize',
  'server-session-lifecycle',
  'server-sse-polling',
  'tools-call-elicitation',
  'tools-call-sampling',
  'tools-call-with-logging',
];

const ONLY_2026 = [
  'caching',
  'http-header-validation',
  'input-required-result-basic-elicitation',
  'input-required-result-basic-list-roots',
  'input-required-result-basic-sampling',
  'input-required-result-capability-check',
  'input-required-result-ignore-extra-params',
  'input-required-result-missing-input-response',
  'input-required-result-multi-round',
  'input-required-result-multiple-input-requests',
  'input-required-result-non-tool-request',
  'input-required-result-request-state',
  'input-required-result-result-type',
  'input-required-result-tampered-state',
  'input-required-result-unsupported-methods',
  'input-required-result-validate-input',
  'sep-2164-resource-not-found',
  'server-stateless',
];

const TASKS = [
  'tasks-capability-negotiation',
  'tasks-dispatch-and-envelope',
  'tasks-lifecycle',
  'tasks-mrtr-composition',
  'tasks-mrtr-input',
  'tasks-request-headers',
  'tasks-request-state-removal',
  'tasks-required-task-error',
  'tasks-status-notifications',
  'tasks-wire-fields',
];

const NO_HEADERS = 'not scored (pending); no tool of ours takes an argument by header';
const NO_TASKS = 'not scored (extension); the tasks extension is not served';

const EXCUSED_2026 = {
  'http-custom-header-server-validation': NO_HEADERS,
  ...Object.fromEntries(TASKS.map((name) => [name, NO_TASKS])),
};

/** Of the fixture behind our wiring: everything. */
export const OF_THE_FIXTURE: Readonly<Record<Revision, Demand>> = {
  '2025-11-25': {
    pass: [...SHARED, ...ONLY_2025],
    excused: {},
  },
  '2026-07-28': { pass: [...SHARED, ...ONLY_2026], excused: EXCUSED_2026 },
};

/** Generic: they ask for no tool, prompt or resource by a name of the suite's own. */
const GENERIC = [
  'dns-rebinding-protection',
  'prompts-list',
  'resources-list',
  'server-sse-multiple-streams',
  'tools-list',
];
const GENERIC_2025 = ['ping', 'server-initialize', 'server-session-lifecycle'];
const GENERIC_2026 = [
  'caching',
  'http-header-validation',
  'input-required-result-unsupported-methods',
  'sep-2164-resource-not-found',
  'server-stateless',
];

const NO_FIXTURE = 'asks for a tool, prompt or resource of the fixture';

/** Of the program as it is: what is generic. */
export const OF_THE_PROGRAM: Readonly<Record<Revision, Demand>> = {
  '2025-11-25': onlyGeneric(OF_THE_FIXTURE['2025-11-25'], [...GENERIC, ...GENERIC_2025]),
  '2026-07-28': {
    ...onlyGeneric(OF_THE_FIXTURE['2026-07-28'], [...GENERIC, ...GENERIC_2026]),
    untestable: [
      'sep-2575-server-rejects-undeclared-capability',
      'sep-2575-missing-capability-http-400',
      'sep-2575-http-server-no-independent-requests-on-stream',
      'sep-2575-server-no-log-without-loglevel',
    ],
  },
};

function onlyGeneric(all: Demand, generic: readonly string[]): Demand {
  const rest = all.pass.filter((name) => !generic.includes(name));
  return {
    pass: generic,
    excused: { ...all.excused, ...Object.fromEntries(rest.map((name) => [name, NO_FIXTURE])) },
  };
}
