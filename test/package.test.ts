import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

type Locked = { dev?: boolean; hasInstallScript?: boolean; resolved?: string };

describe('the package', () => {
  test('needs no install script in production', () => {
    const packages = Object.entries<Locked>(lock.packages);
    const scripted = packages.filter(([, entry]) => entry.hasInstallScript && !entry.dev);
    expect(packages.length).toBeGreaterThan(50);
    expect(scripted.map(([name]) => name)).toEqual([]);
  });

  test('names exact versions, and the lock file no place to download from', () => {
    const versions = Object.values<string>({
      ...manifest.dependencies,
      ...manifest.devDependencies,
    });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
    const places = Object.values<Locked>(lock.packages).map((entry) => entry.resolved);
    expect(places.filter((place) => place?.includes('://'))).toEqual([]);
  });

  test('brings the Node that runs it, whatever Node npm has', () => {
    const told = execFileSync('npm', ['exec', '--offline', '--', 'node', '--version'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(told).toMatch(/^v24\./);
  });

  test('holds the built program, its pages and papers, and nothing else', () => {
    const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [packed] = Object.values<{ files: { path: string }[] }>(JSON.parse(listed));
    const paths = packed?.files.map((file) => file.path) ?? [];
    expect(paths).toContain('dist/main.js');
    expect(paths).toContain('dist/index.d.ts');
    const pages = readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`);
    const papers = ['LICENSE', 'README.md', 'package.json'];
    expect(paths.filter((path) => !path.startsWith('dist/')).sort()).toEqual(
      [...papers, ...pages].sort(),
    );
  });
});
