/** Lets tests wait for a condition: whoever changes something calls `tell`, and every waiting test looks again. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** What `look` finds, as soon as it finds something; it looks now and after each change. */
  find<T>(look: () => T | undefined): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    const again = () => {
      const found = look();
      if (found === undefined) return;
      this.#waiting.delete(again);
      resolve(found);
    };
    this.#waiting.add(again);
    again();
    return promise;
  }

  async until(holds: () => boolean): Promise<void> {
    await this.find(() => holds() || undefined);
  }

  /** Something has changed. */
  tell(): void {
    for (const again of [...this.#waiting]) again();
  }
}
