import type { Credential } from "../contracts/credential.ts";
import { Secret, shorten } from "../errors/index.ts";
import { readTokenClaims } from "./token-claims.ts";

export interface ChatGptCredentialInit {
  readonly source: string;
  readonly token: string;
  readonly accountId: string | null;
  readonly plan: string | null;
  readonly email: string | null;
  readonly expiresAtMs: number | null;
}

/** A bearer token of a ChatGPT login with what is known of it. Prints as source, account suffix and expiry only. */
export class ChatGptCredential implements Credential {
  readonly source: string;
  readonly plan: string | null;
  readonly expiresAtMs: number | null;
  readonly accountHeaders: Readonly<Record<string, string>>;
  readonly #token: Secret;
  readonly #accountId: string | null;
  readonly #email: string | null;

  constructor(init: ChatGptCredentialInit) {
    this.source = init.source;
    this.plan = init.plan;
    this.expiresAtMs = init.expiresAtMs;
    this.accountHeaders = readTokenClaims(init.token).accountHeaders;
    this.#token = new Secret(init.token);
    this.#accountId = init.accountId;
    this.#email = init.email;
  }

  get accountId(): string | null {
    return this.#accountId;
  }

  get email(): string | null {
    return this.#email;
  }

  revealToken(): string {
    return this.#token.reveal();
  }

  toJSON(): unknown {
    return {
      source: this.source,
      plan: this.plan,
      account: this.#accountId === null ? null : shorten(this.#accountId),
      expiresAt: this.expiresAtMs === null ? null : new Date(this.expiresAtMs).toISOString(),
    };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `ChatGptCredential ${JSON.stringify(this)}`;
  }
}
