/** A form in the subset of JSON Schema that every client with forms can show. */

export type FormField =
  | { type: 'string'; title: string; description?: string; enum?: string[]; default?: string }
  | {
      type: 'array';
      title: string;
      description?: string;
      items: { type: 'string'; enum: string[] };
    };

export type Form = {
  message: string;
  requestedSchema: { type: 'object'; properties: Record<string, FormField>; required?: string[] };
};
