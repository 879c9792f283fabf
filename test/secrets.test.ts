import { expect, test } from 'vitest';
import { credentialFilesIn, credentialNamesIn, secretsIn } from '../src/secrets.ts';

/** Linux takes no longer one. */
const ENVIRONMENT_VALUE_CHARS = 128 * 1024;

test.each([
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_BEARER_TOKEN_BEDROCK',
  'AZURE_CLIENT_SECRET',
  'GITHUB_TOKEN_2',
  'OPENAIKEY',
  'DIRECTUS_TOKEN',
  'PROFILE_SECRETS',
  'PGPASSWORD',
  'DB_PASS',
  'MYSQL_PWD',
  'GPG_PASSPHRASE',
  'GITHUB_PAT',
  'npm_config__authToken',
  'npm_config__auth',
  'SLACK_WEBHOOK_URL',
  'AZURE_STORAGE_CONNECTION_STRING',
])('the value of %s is a credential', (name) => {
  expect(secretsIn({ [name]: 'value-of-the-variable' })).toEqual(['value-of-the-variable']);
});

test.each([
  ['PATH', '/usr/bin:/bin'],
  ['PWD', '/home/somebody/work'],
  ['CLAUDE_SESSIONS_TOKEN_FILE', '/etc/claude-sessions/token'],
  ['GOOGLE_APPLICATION_CREDENTIALS', '/home/somebody/key.json'],
  ['CREDENTIALS_DIRECTORY', '/run/credentials/here'],
  ['SSH_AUTH_SOCK', '/run/user/1000/keyring/ssh'],
  ['KEYCLOAK_URL', 'https://login.example.com'],
  ['KEYBOARD_LAYOUT', 'de-latin1-nodeadkeys'],
  ['TOKENIZERS_PARALLELISM', 'sometimes'],
  ['MAX_TOKENS', '4096'],
  ['EMPTY_KEY', undefined],
  ['REPOSITORY', 'ssh://git@example.com/a.git'],
])('that of %s is none', (name, value) => {
  expect(secretsIn({ [name]: value })).toEqual([]);
});

test.each([
  [
    'HTTPS_PROXY',
    'http://user:pass%40word@proxy:3128',
    ['user:pass%40word@', 'pass%40word', 'pass@word'],
  ],
  ['DATABASE_URL', 'postgres://u:p4ssw0rd-1@a:5432,b/db', ['u:p4ssw0rd-1@', 'p4ssw0rd-1']],
  ['ORIGIN', 'https://ghp_0123456789abcdef@example.com/a.git', ['ghp_0123456789abcdef']],
  ['JDBC_URL', 'jdbc:postgresql://h/db?user=u&password=p4ssw0rd', ['p4ssw0rd']],
  ['TOOL_ARGS', '--verbose --api-key=0123-4567', ['0123-4567']],
])('what is one in %s is found', (name, value, expected) => {
  expect(secretsIn({ [name]: value })).toEqual(expected);
});

test.each([
  'lin_api_0123456789abcdefABCD',
  'AKIA0123456789EXAMPLE0',
  '550e8400-e29b-41d4-a716-446655440000',
])('a variable that is passed on by name holds a credential if it is %s', (value) => {
  expect(secretsIn({ LINEAR: value }, ['LINEAR'])).toEqual([value]);
  expect(secretsIn({ LINEAR: value })).toEqual([]);
});

test.each([
  ['SSH_AUTH_SOCK', '/private/tmp/com.apple.launchd.a1b2c3d4e5f6a7b8c9/Listeners'],
  ['GIT_SSH_COMMAND', 'ssh -i /keys/0123456789abcdef -F none'],
  ['DOCKER_HOST', 'ssh://somebody@0123456789abcdef.example'],
  ['GIT_AUTHOR_EMAIL', 'user0123456789abc@example.com'],
  ['CC_FOR_BUILD', 'x86_64-unknown-linux-gnu-gcc-12'],
  ['NODE_OPTIONS', '--max-old-space-size=16384'],
  ['NODE_ENV', 'production'],
  ['DISPLAY', ':0'],
  ['PREFIX', '/usr'],
])('but not if it is what %s usually is', (name, value) => {
  expect(secretsIn({ [name]: value }, [name])).toEqual([]);
});

test('headers are credentials one by one, and together', () => {
  const value =
    'Authorization: Bearer abcdefgh\nX-Api-Key: ijklmnop\nX-Gateway: q0r1s2t3u4v5w6x7\nX-Team: blue';
  expect(secretsIn({ ANTHROPIC_CUSTOM_HEADERS: value })).toEqual([
    value,
    'abcdefgh',
    'ijklmnop',
    'q0r1s2t3u4v5w6x7',
  ]);
});

test('so are the members of JSON, whatever they stand in', () => {
  const json = JSON.stringify({
    username: 'somebody',
    key_file: '/run/secrets/key',
    password: 'p4ssw0rd-1',
    nested: [{ apiKey: 'abcdefgh', url: 'https://u:q0r1s2t3@example.com/' }],
  });
  const members = ['p4ssw0rd-1', 'abcdefgh', 'u:q0r1s2t3@', 'q0r1s2t3'];
  expect(secretsIn({ DATABASE: json })).toEqual(expect.arrayContaining(members));
  expect(secretsIn({ DATABASE: json })).toHaveLength(members.length);
  expect(secretsIn({ DATABASE_SECRET: json })).toEqual(expect.arrayContaining([json, ...members]));
});

test.each([
  ['one word', 'a'.repeat(ENVIRONMENT_VALUE_CHARS)],
  ['the beginnings of URLs', 'a://'.repeat(ENVIRONMENT_VALUE_CHARS / 4)],
  ['lists in lists', '['.repeat(ENVIRONMENT_VALUE_CHARS)],
  ['spaces', `a${' '.repeat(ENVIRONMENT_VALUE_CHARS)}`],
])('a value as long as the system allows is looked through at once: %s', (_, value) => {
  const before = performance.now();
  secretsIn({ LONG: value, LONG_KEY: value });
  expect(performance.now() - before).toBeLessThan(2000);
});

test('so are the lines of a key that has several', () => {
  const line = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7';
  const value = `-----BEGIN PRIVATE KEY-----\n${line}\n-----END PRIVATE KEY-----`;
  expect(secretsIn({ DEPLOY_KEY: `${value}\n` })).toEqual([`${value}\n`, value, line]);
});

test('the variables that may hold a credential are named, also with a short value', () => {
  const environment = {
    ANTHROPIC_API_KEY: 'short',
    HTTPS_PROXY: 'http://someone:password@proxy.example',
    HTTP_PROXY: 'http://proxy.example',
    PASSED_ON: 'a1b2c3d4e5f6a7b8c9d0',
    GOOGLE_APPLICATION_CREDENTIALS: '/keys/cloud.json',
    PATH: '/bin',
  };
  const names = ['ANTHROPIC_API_KEY', 'HTTPS_PROXY'];
  expect(credentialNamesIn(environment)).toEqual(names);
  expect(credentialNamesIn(environment, ['PASSED_ON'])).toEqual([...names, 'PASSED_ON']);
  expect(
    credentialFilesIn({ ...environment, AWS_CONFIG_FILE: '/config', TOKEN_FILE: 'token' }),
  ).toEqual(['/keys/cloud.json']);
});

test.each([
  ['X_HEADER', 'Basic dXNlcjpwYXNzd29yZDEyMw=='],
  ['ANTHROPIC_CUSTOM_HEADERS', 'Authorization: Basic dXNlcjpwYXNzd29yZDEyMw==\nX-Team: a'],
])('the password in the basic authorization of %s is a credential', (name, value) => {
  expect(secretsIn({ [name]: value })).toContain('password123');
});
