import { describe, expect, test } from 'vitest';
import { CLAUDE_VERSION_MIN, versionFailure } from '../../src/runner/installation.ts';

describe('a version of Claude Code', () => {
  test.each([CLAUDE_VERSION_MIN, '2.1.249', '2.1.330', '2.2.0', '2.10.0', '3.0.0', '2.1.300-beta'])(
    '%s may run a session',
    (version) => expect(versionFailure(version)).toBeUndefined(),
  );

  test.each(['2.1.247', '2.0.999', '1.9.999', '0.0.0'])('%s is too old', (version) =>
    expect(versionFailure(version)?.message).toContain(`this one is ${version}`),
  );

  test.each([undefined, '', 'latest', '2.1', 'v2.1.330'])('%s is not known', (version) =>
    expect(versionFailure(version)?.message).toContain('this one is of unknown version'),
  );
});
