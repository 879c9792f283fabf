/**
 * Files that decide what runs later, or that hold credentials. No answer "for the session" covers them. The lists
 * contain what Claude Code itself calls sensitive, and more.
 */

import { relative } from 'node:path';
import { isInside } from '../paths.ts';

/** Names of files and directories, at any depth. */
const NAMES = new Set(
  [
    // Git runs hooks, filters and aliases from there.
    '.git .gitconfig .gitmodules .git-credentials .githooks .husky',
    // So do Mercurial and the like.
    '.hg .hgrc .jj .sl',
    // Claude Code.
    '.claude .claude.json .mcp.json',
    // Other agents: commands, hooks and MCP servers.
    '.codex .gemini .windsurf .kiro .roo .amazonq .opencode opencode.json opencode.jsonc',
    // Editors run tasks and start files of a folder that is opened.
    '.vscode .idea .zed .cursor .devcontainer .devcontainer.json pyrightconfig.json',
    '.exrc .vim .vimrc .gvimrc .nvimrc .nvim.lua .emacs .emacs.d .dir-locals.el',
    // Shells and logins.
    '.profile .login .logout .inputrc .envrc .direnv .pam_environment',
    '.bashrc .bashrc.d .bash_profile .bash_login .bash_logout .bash_aliases .bash_completion',
    '.zshrc .zshenv .zprofile .zlogin .zlogout .kshrc .mkshrc .cshrc .tcshrc',
    '.xprofile .xinitrc .xsession .xsessionrc LaunchAgents LaunchDaemons',
    // Interpreters and debuggers run these when they start there.
    '.Rprofile .irbrc .pryrc .gdbinit .lldbinit .pdbrc',
    // Package managers and build tools load these by themselves.
    '.npmrc .yarn .yarnrc .yarnrc.yml .pnp.cjs .pnp.js .pnp.loader.mjs .pnp.data.json .pnpmfile.cjs',
    'bunfig.toml .bunfig.toml .cargo .mvn .gradle .bazelrc .bazelversion .bazeliskrc .ripgreprc',
    'gradle-wrapper.properties maven-wrapper.properties .pre-commit-config.yaml',
    'lefthook.yml .lefthook.yml lefthook.yaml .lefthook.yaml',
    // Keys and credentials.
    '.ssh .gnupg .netrc _netrc .pgpass .my.cnf .password-store .vault-token Keychains',
    '.aws .azure .gcloud .kube .docker .oci .boto .s3cfg .terraform.d .terraformrc .pypirc .gem .m2',
  ].flatMap((names) => names.split(' ').map(folded)),
);

/** The same for names below `.config`. */
const CONFIG_NAMES = new Set(
  'autostart systemd environment.d fish nushell nvim git gcloud gh hub glab-cli rclone doctl op'.split(
    ' ',
  ),
);

/**
 * Git takes any folder for a repository that has a file of this name and two folders, and runs what its configuration
 * says. All of that may be written in any order; this file is the one that no project has for another reason.
 */
const MARK_OF_GIT = folded('HEAD');

/** VS Code runs tasks of the folders that such a file names. */
const WORKSPACE = /\.code-workspace$/;

/** A short name of a file on Windows, such as `GIT~1`. Its long name is unknown. */
const SHORT_NAME = /^[^.]{1,8}~\d+(\.|$)/;

/** Entries of a home directory that are not for projects: configuration, and programs on the PATH. */
const OF_HOME = /^(\.|bin$|library$)/;

export type Places = {
  /** Where the session works: its working directory, then its additional ones. */
  readonly directories: readonly string[];
  readonly home: string;
  /** Claude Code's own configuration. */
  readonly configDirectory: string;
};

/** Whether a file at that path has to be asked for each time. All paths are absolute, real or not. */
export function isProtected(path: string, places: Places): boolean {
  const { directories, home, configDirectory } = places;
  const names = namesOf(path);
  if (names.some((name, at) => NAMES.has(name) || SHORT_NAME.test(name) || isOfConfig(names, at))) {
    return true;
  }
  const file = names.at(-1) ?? '';
  if (file === MARK_OF_GIT || WORKSPACE.test(file)) return true;
  if (isInsideFolded(path, configDirectory)) return true;
  const [first] = namesOf(relative(home, path));
  const holdsHome = directories.some((directory) => isInsideFolded(home, directory));
  return holdsHome && isInsideFolded(path, home) && first !== undefined && OF_HOME.test(first);
}

function isOfConfig(names: readonly string[], at: number): boolean {
  return names[at] === '.config' && CONFIG_NAMES.has(names[at + 1] ?? '');
}

function isInsideFolded(path: string, folder: string): boolean {
  return isInside(foldedPath(path), foldedPath(folder));
}

function foldedPath(path: string): string {
  return `/${namesOf(path).join('/')}`;
}

function namesOf(path: string): readonly string[] {
  return path.split(/[\\/]/).filter(Boolean).map(folded);
}

/**
 * A name as the most lenient file system sees it: without case and invisible characters, as macOS does; without a
 * stream, and dots and spaces at its end, as Windows does.
 */
function folded(name: string): string {
  const shown = name.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  const [file = ''] = shown.toUpperCase().toLowerCase().split(':');
  return file.replace(/[. ]+$/, '');
}
