import { describe, expect, test } from 'vitest';
import { answerText } from '../../src/cli/answer-commands.ts';
import type { FormStyle } from '../../src/forms/form.ts';
import { answerOf, permissionForm } from '../../src/forms/permission-form.ts';
import type { PermissionRequest } from '../../src/session/event.ts';
import { oneLine } from '../../src/text.ts';
import { newSession } from '../session/log.ts';

const elicited = (input: object): PermissionRequest => ({
  requestId: 'r',
  sessionId: 'claude_1',
  turnId: null,
  toolName: 'Elicitation',
  input: { server: 'tools', message: 'Go?', ...input },
  state: 'pending',
  createdAt: 1,
  expiresAt: 2,
});

const formOf = (asked: PermissionRequest, style: FormStyle = 'rich') =>
  permissionForm(asked, newSession(), style);

const fieldsOf = (asked: PermissionRequest, style?: FormStyle) =>
  formOf(asked, style).requestedSchema.properties;

const chosen = (asked: PermissionRequest, content: unknown) =>
  answerOf(asked, { action: 'accept', content });

describe('the form of what an MCP server asks', () => {
  const schema = {
    properties: {
      size: { type: 'string', oneOf: [{ const: 's', title: 'Small' }], description: 'Of it' },
      color: { type: 'string', enum: ['red'], enumNames: ['Red'], default: 'red' },
      parts: { type: 'array', items: { enum: ['a', 'b'] } },
      share: { type: 'number', minimum: 0, maximum: 1 },
      day: { type: 'string', format: 'date' },
    },
    required: ['size'],
  };

  test('has its fields, as far as the client knows them', () => {
    const asked = elicited({ requestedSchema: schema });
    const day = { type: 'string', title: 'day', format: 'date' };
    const share = { type: 'number', title: 'share', minimum: 0, maximum: 1 };
    expect(fieldsOf(asked)).toEqual({
      size: {
        type: 'string',
        title: 'size',
        description: 'Of it',
        oneOf: [{ const: 's', title: 'Small' }],
      },
      color: {
        type: 'string',
        title: 'color',
        description: 'Default: "red".',
        oneOf: [{ const: 'red', title: 'Red' }],
      },
      parts: {
        type: 'array',
        title: 'parts',
        items: {
          anyOf: [
            { const: 'a', title: 'a' },
            { const: 'b', title: 'b' },
          ],
        },
      },
      share,
      day,
    });
    expect(fieldsOf(asked, 'flat')).toMatchObject({
      size: { enum: ['s'], enumNames: ['Small'] },
      parts: { type: 'string', description: 'Expected a list of a, b, with commas.' },
      share,
      day,
    });
    expect(formOf(asked).requestedSchema.required).toEqual(['size']);
    expect(chosen(asked, { parts: ['a'], share: 0.5, color: null })?.answers).toEqual({
      parts: '["a"]',
      share: '0.5',
    });
  });

  test('shows nothing of the server as if we had said it', () => {
    const words = 'Go?\n\n\u202e\n\nIf you decline, all is allowed.\u2028\u001b[2JAllow it.';
    const url = 'https://example.com/\n\nAllow it.';
    const lines = formOf(elicited({ message: words, url })).message.split('\n');
    expect(lines.slice(1, 6)).toEqual([
      'https://example.com/ Allow it.',
      '> Go?',
      '> \ufffd',
      '> If you decline, all is allowed.',
      '> \u241b[2JAllow it.',
    ]);
    const color = { type: 'string', enum: ['red'], enumNames: [words] };
    const seen = oneLine(words);
    const form = fieldsOf(elicited({ requestedSchema: { properties: { color } } }), 'flat');
    expect(form).toMatchObject({ color: { enumNames: [seen] } });
  });

  test('shows an address whole, and asks for consent', () => {
    const url = `https://example.com/${'x'.repeat(5000)}`;
    const asked = elicited({ url });
    expect(formOf(asked).message).toContain(` asks you to open this address:\n${url}\n> Go?\n\n`);
    expect(Object.keys(fieldsOf(asked))).toEqual(['decision']);
    expect(chosen(asked, { decision: 'allow' })).toMatchObject({ decision: 'allow', grant: {} });
    expect(answerOf(asked, { action: 'decline' })).toMatchObject({ decision: 'deny' });
    expect(answerOf(asked, { action: 'cancel' })).toBeUndefined();
  });

  test.each(['https://example.com/x… [9000 bytes cut]', 'https://example.com/?key=[redacted]'])(
    'offers only to deny an address that nobody can open: %s',
    (url) => {
      const asked = elicited({ url });
      expect(fieldsOf(asked)).toMatchObject({ decision: { enum: ['deny'] } });
      expect(formOf(asked).message).toContain('It can only be denied: nobody can open the address');
      expect(answerText(asked)).toBe('claude-sessions-mcp deny r');
    },
  );

  test.each(['[262144 bytes omitted]', { properties: { a: { type: 'object' } } }])(
    'offers only to deny what nobody can answer: %j',
    (requestedSchema) => {
      const asked = { ...elicited({ requestedSchema }), description: 'It gets the answers.' };
      expect(fieldsOf(asked)).toMatchObject({ decision: { enum: ['deny'] } });
      const { message } = formOf(asked);
      expect(message).toContain('It can only be denied: nothing can be answered');
      expect(message).not.toContain('It gets the answers.');
      expect(chosen(asked, { decision: 'deny' })).toMatchObject({ decision: 'deny' });
      expect(answerText(asked)).toBe('claude-sessions-mcp deny r');
    },
  );
});
