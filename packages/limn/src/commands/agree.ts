/** Ask a person on the terminal. Ctrl-C and the end of the input mean no. */
export async function agree(question: string): Promise<boolean> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((gone) => lines.once("close", () => gone("")));
  const answer = await Promise.race([lines.question(`${question} [y/N] `), closed]);
  lines.close();
  return /^y(?:es)?$/i.test(answer.trim());
}
