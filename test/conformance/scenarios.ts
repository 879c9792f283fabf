/**
 * What is demanded of each scenario of the official suite. Every scenario that the suite runs must stand here: one that
 * a newer suite brings is noticed, and one that it no longer runs is missed.
 */

export const REVISIONS = ['2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof REVISIONS)[number];

export type Demand = {
  /** Scenarios with at least one passed check, and no failure or warning. */
  readonly pass: readonly string[];
  /** Scenarios that are run, but of which nothing is demanded, with the reason. */
  readonly excused: Readonly<Record<string, string>>;
  /** Checks of demanded scenarios that need a tool of the fixture, and may say so. */
  readonly untestable?: readonly string[];
};

const names = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The same in both revisions. */
const SHARED = names(`
  dns-rebinding-protection server-sse-multiple-streams tools-call-error tools-call-simple-text
  tools-call-with-progress tools-list
`);

/** They ask for no more than the program itself offers, and are demanded of that. */
const LISTS = ['prompts-list', 'resources-list'];
const LISTS_2026 = [...LISTS, 'caching', 'sep-2164-resource-not-found'];

/** They differ from those above in what a message holds, which the wiring passes on as it is. */
const CONTENTS = names(`
  completion-complete json-schema-2020-12 prompts-get-embedded-resource prompts-get-simple
  prompts-get-with-args prompts-get-with-image resources-read-binary resources-read-text
  resources-templates-read tools-call-audio tools-call-embedded-resource tools-call-image
  tools-call-mixed-content
`);
const CONTENTS_2025 = [
  ...CONTENTS,
  'elicitation-sep1034-defaults',
  'elicitation-sep1330-enums',
  'resources-subscribe',
  'resources-unsubscribe',
];
const CONTENTS_2026 = [...CONTENTS, 'input-required-result-non-tool-request'];

const ONLY_2025 = names(`
  logging-set-level ping server-initialize server-session-lifecycle server-sse-polling
  tools-call-elicitation tools-call-sampling tools-call-with-logging
`);

const ONLY_2026 = names(`
  http-header-validation input-required-result-basic-elicitation
  input-required-result-basic-list-roots input-required-result-basic-sampling
  input-required-result-capability-check input-required-result-ignore-extra-params
  input-required-result-missing-input-response input-required-result-multi-round
  input-required-result-multiple-input-requests input-required-result-request-state
  input-required-result-result-type input-required-result-tampered-state
  input-required-result-unsupported-methods input-required-result-validate-input server-stateless
`);

const TASKS = names(`
  tasks-capability-negotiation tasks-dispatch-and-envelope tasks-lifecycle tasks-mrtr-composition
  tasks-mrtr-input tasks-request-headers tasks-request-state-removal tasks-required-task-error
  tasks-status-notifications tasks-wire-fields
`);

const NO_HEADERS = 'not scored (pending); no tool of ours takes an argument by header';
const NO_TASKS = 'not scored (extension); the tasks extension is not served';

const NOT_OF_THE_FIXTURE = 'not offered by the fixture: the wiring would only pass it on';
const NOT_OF_THE_PROGRAM = 'asks for a tool, prompt or resource by a name of the suite';

const NOT_SCORED: Readonly<Record<Revision, Demand['excused']>> = {
  '2025-11-25': {},
  '2026-07-28': { 'http-custom-header-server-validation': NO_HEADERS, ...excused(TASKS, NO_TASKS) },
};

/** Of the fixture behind our wiring: everything that the wiring could break. */
export const OF_THE_FIXTURE: Readonly<Record<Revision, Demand>> = {
  '2025-11-25': {
    pass: [...SHARED, ...ONLY_2025],
    excused: excused([...LISTS, ...CONTENTS_2025], NOT_OF_THE_FIXTURE),
  },
  '2026-07-28': {
    pass: [...SHARED, ...ONLY_2026],
    excused: {
      ...NOT_SCORED['2026-07-28'],
      ...excused([...LISTS_2026, ...CONTENTS_2026], NOT_OF_THE_FIXTURE),
    },
  },
};

/** Generic: they ask for no tool, prompt or resource by a name of the suite's own. */
const GENERIC = ['dns-rebinding-protection', 'server-sse-multiple-streams', 'tools-list'];
const GENERIC_2025 = ['ping', 'server-initialize', 'server-session-lifecycle'];
const GENERIC_2026 = [
  'http-header-validation',
  'input-required-result-unsupported-methods',
  'server-stateless',
];

/** Of the program as it is: what is generic. */
export const OF_THE_PROGRAM: Readonly<Record<Revision, Demand>> = {
  '2025-11-25': onlyGeneric('2025-11-25', [...GENERIC, ...LISTS, ...GENERIC_2025]),
  '2026-07-28': {
    ...onlyGeneric('2026-07-28', [...GENERIC, ...LISTS_2026, ...GENERIC_2026]),
    untestable: [
      'sep-2575-server-rejects-undeclared-capability',
      'sep-2575-missing-capability-http-400',
      'sep-2575-http-server-no-independent-requests-on-stream',
      'sep-2575-server-no-log-without-loglevel',
    ],
  },
};

function onlyGeneric(revision: Revision, generic: readonly string[]): Demand {
  const all = OF_THE_FIXTURE[revision];
  const rest = [...all.pass, ...Object.keys(all.excused)].filter((name) => !generic.includes(name));
  return {
    pass: generic,
    excused: { ...excused(rest, NOT_OF_THE_PROGRAM), ...NOT_SCORED[revision] },
  };
}

function excused(names: readonly string[], reason: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, reason]));
}
