/** The questions of AskUserQuestion, as far as an answer needs them: Claude may have written anything there. */

export type Question = { readonly text: string; readonly labels: readonly string[] };

export function questionsIn(input: unknown): readonly Question[] {
  return listOf(membersOf(input).questions).map((asked) => {
    const { question, options } = membersOf(asked);
    const labels = listOf(options).map((option) => membersOf(option).label);
    return { text: String(question), labels: labels.filter((label) => typeof label === 'string') };
  });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
