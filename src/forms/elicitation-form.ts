/** What an MCP server of a session asks for, as a form for the client's user, and the form's content as answers. */

import { z } from 'zod';
import { FORM_CHARS_MAX } from '../limits.ts';
import {
  type ElicitedChoice,
  type ElicitedField,
  elicitationIn,
  elicitedFields,
  expectedOf,
} from '../session/elicitation.ts';
import type { PermissionRequest } from '../session/event.ts';
import { cutChars, oneLine, visible } from '../text.ts';
import type { Choice, FormField, FormStyle } from './form.ts';

const TITLE_CHARS_MAX = 80;

/**
 * The server, the address that it asks to open, and its words; undefined for another request. The address is on the
 * second line, and whole: a client may show only a few lines, and one that is cut would lead elsewhere.
 */
export function elicitationText({ toolName, input }: PermissionRequest): string | undefined {
  const elicited = elicitationIn(toolName, input);
  if (elicited === undefined) return undefined;
  const { server, message, url = '' } = elicited;
  const what = url === '' ? '' : ' to open this address';
  const from = `Its MCP server ${cutChars(oneLine(server), TITLE_CHARS_MAX)} asks you${what}:`;
  return [from, oneLine(url), quoted(message)].filter(Boolean).join('\n');
}

/** Each line marked as the server's, which could pass its words off as ours otherwise; empty lines hide nothing. */
function quoted(message: string): string {
  const lines = cutChars(visible(message), FORM_CHARS_MAX).split('\n');
  const said = lines.filter((line) => line.trim() !== '');
  return said.map((line) => `> ${line}`).join('\n');
}

type Fields = { readonly properties: Record<string, FormField>; readonly required: string[] };

/** The fields of its form; undefined if it has none, or for another request. */
export function elicitationFields(
  { toolName, input }: PermissionRequest,
  style: FormStyle,
): Fields | undefined {
  const fields = elicitedFields(toolName, input);
  if (fields === undefined) return undefined;
  const properties = fields.map((field) => [field.name, fieldOf(field, style)] as const);
  const required = fields.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  return { properties: Object.fromEntries(properties), required };
}

function fieldOf(field: ElicitedField, style: FormStyle): FormField {
  const { type, choices = [], format, min, max } = field;
  const shown = shownOf(field, style);
  switch (type) {
    case 'boolean':
      return { type, ...shown };
    case 'number':
    case 'integer':
      return { type, ...shown, minimum: min, maximum: max };
    case 'array':
      // Without lists in forms, it is a text with commas.
      if (style === 'flat') return { type: 'string', ...shown };
      return { type, ...shown, items: { anyOf: choices.map(asChoice) } };
    case 'string':
      if (choices.length === 0) return { type, ...shown, format, minLength: min, maxLength: max };
      if (style === 'rich') return { type, ...shown, oneOf: choices.map(asChoice) };
      return {
        type,
        ...shown,
        enum: choices.map(({ value }) => value),
        enumNames: choices.map((each) => asChoice(each).title),
      };
  }
}

function shownOf(field: ElicitedField, style: FormStyle) {
  const { title, description, type } = field;
  const usual = field.default === undefined ? '' : `Default: ${JSON.stringify(field.default)}.`;
  const list = type === 'array' && style === 'flat' ? `Expected ${expectedOf(field)}.` : '';
  const text = [description, list, usual].filter(Boolean).join(' ');
  return {
    title: cutChars(oneLine(title), TITLE_CHARS_MAX),
    ...(text !== '' && { description: cutChars(oneLine(text), FORM_CHARS_MAX) }),
  };
}

function asChoice({ value, title }: ElicitedChoice): Choice {
  return { const: value, title: cutChars(oneLine(title), TITLE_CHARS_MAX) };
}

const content = z.record(z.string(), z.unknown()).catch({});

/** What the form came back with, as the answers to its fields. */
export function elicitationAnswers(given: unknown): Record<string, string> {
  const entries = Object.entries(content.parse(given)).filter(([, value]) => value != null);
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}
