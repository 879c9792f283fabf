import { expect, test } from 'vitest';
import { createGuard, type GuardOptions } from '../../src/transport/http/policy.ts';

const served = (options: GuardOptions, host: string, origin?: string) => {
  try {
    const headers = { host, ...(origin !== undefined && { origin }) };
    createGuard(options)({ headers, headersDistinct: { host: [host] } });
    return true;
  } catch {
    return false;
  }
};

test('the address listened on may be the Host, IPv6 in brackets, but is no Origin', () => {
  const options = { host: 'fe80::1', port: 7337 };
  expect(served(options, '[fe80::1]:7337')).toBe(true);
  expect(served(options, '[fe80::1]')).toBe(false);
  expect(served(options, 'fe80::1:7337')).toBe(false);
  expect(served(options, '[fe80::1]:7337', 'http://[fe80::1]:7337')).toBe(false);
});

test('on port 80 the port may be left out, as clients do', () => {
  const options = { host: 'box.lan', port: 80 };
  expect(served(options, 'box.lan')).toBe(true);
  expect(served(options, 'box.lan:80')).toBe(true);
  expect(served(options, 'localhost', 'http://localhost')).toBe(true);
  expect(served({ ...options, port: 443 }, 'box.lan')).toBe(false);
});
