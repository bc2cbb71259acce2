/** How long a call is held before it is handed over. Seconds. */
const longSeconds = 240;
const shortSeconds = 50;

/**
 * Client apps by what they call themselves, and whether they wait for minutes: Claude Code by the hour, Codex 300 s, Hermes 300 s, Gemini
 * CLI 10 min (stack.md section 4). opencode waits 60 s and counts anew with each progress notification.
 */
const patient: readonly { readonly name: RegExp; readonly needsProgress: boolean }[] = [
  { name: /^claude-code\b/i, needsProgress: false },
  { name: /^codex\b/i, needsProgress: false },
  { name: /^gemini-cli\b/i, needsProgress: false },
  { name: /^hermes\b/i, needsProgress: false },
  { name: /^opencode\b/i, needsProgress: true },
];

export interface Patience {
  /** What the user set, in seconds; null = by client. */
  readonly given: number | null;
  readonly clientName: string | null;
  readonly hasProgressToken: boolean;
}

/** Milliseconds until a call is answered with `running`. */
export function handoverMs({ given, clientName, hasProgressToken }: Patience): number {
  if (given !== null) return given * 1000;
  const known = patient.find(({ name }) => name.test(clientName ?? ""));
  return (known !== undefined && (!known.needsProgress || hasProgressToken) ? longSeconds : shortSeconds) * 1000;
}
