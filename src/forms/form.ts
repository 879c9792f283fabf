/** Forms in the subset of JSON Schema that every client of a revision can show. */

export type Choice = { readonly const: string; readonly title: string };

export type FormField =
  | {
      type: 'string';
      title: string;
      description?: string;
      minLength?: number;
      maxLength?: number;
      format?: 'email' | 'uri' | 'date' | 'date-time';
    }
  | {
      type: 'number' | 'integer';
      title: string;
      description?: string;
      minimum?: number;
      maximum?: number;
    }
  | {
      type: 'string';
      title: string;
      description?: string;
      enum: string[];
      enumNames?: string[];
      default?: string;
    }
  | { type: 'string'; title: string; description?: string; oneOf: Choice[] }
  | { type: 'boolean'; title: string; description?: string }
  | { type: 'array'; title: string; description?: string; items: { anyOf: Choice[] } };

export type Form = {
  message: string;
  requestedSchema: { type: 'object'; properties: Record<string, FormField>; required?: string[] };
};

/** `flat`: single values only. `rich`: also lists, choices with titles, and defaults. */
export type FormStyle = 'flat' | 'rich';

/** The first revision with all of that. */
const RICH_SINCE = '2025-11-25';

export function styleOf(revision: string): FormStyle {
  return revision >= RICH_SINCE ? 'rich' : 'flat';
}
