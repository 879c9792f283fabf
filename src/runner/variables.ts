/** The names of environment variables: which go to sessions by themselves, and which an operator may not pass on. */

import { delimiter, isAbsolute } from 'node:path';

const SYSTEM = [
  // The user and the system.
  'PATH HOME USER LOGNAME SHELL LANG TZ TERM XDG_CONFIG_HOME',
  // The way to the network.
  'SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE CURL_CA_BUNDLE GIT_SSL_CAINFO',
  'PIP_CERT CARGO_HTTP_CAINFO npm_config_cafile NPM_CONFIG_CAFILE',
  'HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy',
  // Claude Code and its credentials.
  'CLAUDE_CODE_OAUTH_TOKEN CLAUDE_CODE_MAX_RETRIES CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC',
  'CLAUDE_CODE_GIT_BASH_PATH ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_BASE_URL',
  'ANTHROPIC_CUSTOM_HEADERS API_TIMEOUT_MS',
  'DISABLE_TELEMETRY DISABLE_ERROR_REPORTING DISABLE_AUTOUPDATER',
  // Set by an operator whose container is the sandbox: without it root cannot bypass permissions.
  'IS_SANDBOX',
  // Without these no program starts on Windows.
  'Path PATHEXT SystemRoot SystemDrive windir ComSpec',
  'APPDATA LOCALAPPDATA USERPROFILE ProgramData ProgramFiles',
];

/** Where tools are, and where they keep what they have fetched: no credentials. */
const TOOLS = [
  'XDG_CACHE_HOME XDG_DATA_HOME XDG_STATE_HOME',
  // Without these no program of others starts on NixOS, Claude Code included.
  'NIX_LD NIX_LD_LIBRARY_PATH NIX_PATH NIX_PROFILES NIX_SSL_CERT_FILE LOCALE_ARCHIVE',
  'HOMEBREW_PREFIX HOMEBREW_CELLAR HOMEBREW_REPOSITORY',
  'MISE_DATA_DIR ASDF_DIR ASDF_DATA_DIR',
  'NVM_DIR NVM_BIN FNM_DIR VOLTA_HOME N_PREFIX PNPM_HOME BUN_INSTALL DENO_INSTALL DENO_DIR',
  'PYENV_ROOT VIRTUAL_ENV CONDA_PREFIX CONDA_DEFAULT_ENV POETRY_HOME UV_CACHE_DIR PIPX_HOME',
  'RBENV_ROOT GEM_HOME GEM_PATH',
  'GOPATH GOROOT GOBIN GOCACHE GOMODCACHE CARGO_HOME RUSTUP_HOME',
  'JAVA_HOME SDKMAN_DIR MAVEN_HOME M2_HOME GRADLE_HOME GRADLE_USER_HOME',
  'ANDROID_HOME ANDROID_SDK_ROOT ANDROID_NDK_HOME DOTNET_ROOT FLUTTER_ROOT',
];

function setOf(lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((names) => names.split(' ')));
}

/** The names that sessions get by themselves, if they are set. */
export const PASSED = setOf([...SYSTEM, ...TOOLS]);

/** Those of them that say where tools are. */
export const TOOL_PLACES = setOf(TOOLS);

/** The folders in which programs and libraries are searched for. */
const SEARCH_PATHS = setOf([
  'PATH LD_LIBRARY_PATH NIX_LD_LIBRARY_PATH DYLD_LIBRARY_PATH DYLD_FALLBACK_LIBRARY_PATH',
]);

/**
 * The value of a variable for a session. Of the folders to search, only absolute ones remain: a relative or empty one is a
 * folder of the session's directory, so a repository could put its own `git` there, or its own C library. Undefined if
 * none remains: an empty `PATH` would mean that directory, too.
 */
export function valueFor(name: string, value: string): string | undefined {
  if (!SEARCH_PATHS.has(name)) return value;
  return absoluteFolders(value).join(delimiter) || undefined;
}

/** The folders of a `PATH` that mean the same everywhere. */
export function absoluteFolders(path: string): readonly string[] {
  return path.split(delimiter).filter((folder) => isAbsolute(folder));
}

const OF_SESSION = /^(TMPDIR|TEMP|TMP)$/i;
const OF_SERVER = /^CLAUDE_SESSIONS_/i;
/** What a session promises depends on many of these, and each version of Claude Code brings new ones. */
const OF_CLAUDE_CODE = /^(CLAUDECODE$|CLAUDE_CODE_(?!(USE|SKIP)_(BEDROCK|VERTEX|FOUNDRY)))/i;
/** What ends a session's processes is started with its environment. */
const PRELOADED = /^(LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES)$/;

/** What is wrong with a name that an operator wants to pass on to sessions; undefined if nothing is. */
export function problemWithName(name: string): string | undefined {
  // It may be a credential, so it is not repeated.
  if (name.includes('=')) {
    return 'expected the name only: the value is taken from the environment of the server';
  }
  if (!/^[a-z_][a-z\d_]*$/i.test(name)) return 'expected the name of an environment variable';
  if (PASSED.has(name)) return undefined;
  if (OF_SESSION.test(name)) return `${name} is refused: each session has a folder of its own`;
  if (OF_SERVER.test(name)) return `${name} is refused: it is for the server`;
  if (OF_CLAUDE_CODE.test(name)) return `${name} is refused: sessions depend on these switches`;
  if (!PRELOADED.test(name)) return undefined;
  return `${name} is refused: it would change the programs that end a session's processes`;
}

/** When the login shell is asked; `auto`: by a server on stdio that a desktop program has started. */
export const LOGIN_ENV_CHOICES = ['auto', 'always', 'never'] as const;
export type LoginEnvChoice = (typeof LOGIN_ENV_CHOICES)[number];
