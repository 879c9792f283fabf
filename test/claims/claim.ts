/** A statement of the README, word for word, and the tests that prove it: `file › name`, the file below `test/`. */
export type Claim = {
  readonly says: string;
  readonly proof: readonly [string, ...string[]];
};

export function claim(says: string, ...proof: [string, ...string[]]): Claim {
  return { says, proof };
}
