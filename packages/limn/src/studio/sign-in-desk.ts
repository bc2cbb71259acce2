import { toLimnError, LimnError } from "@limn/core";
import type { DeviceSignIn, Limn } from "@limn/core";
import { told } from "./answers.ts";

/** Signing in to limn's own login with a code, from the page. One at a time. */
export class SignInDesk {
  readonly #ownLogin: Pick<Limn["ownLogin"], "withDeviceCode">;
  readonly #emulated: boolean;
  readonly #changed: () => void;
  #current: DeviceSignIn | null = null;
  #running: { readonly controller: AbortController; readonly code: Promise<DeviceSignIn> } | null = null;

  constructor(options: {
    readonly ownLogin: Pick<Limn["ownLogin"], "withDeviceCode">;
    readonly emulated: boolean;
    /** It ended, one way or the other. */
    readonly changed: () => void;
  }) {
    this.#ownLogin = options.ownLogin;
    this.#emulated = options.emulated;
    this.#changed = options.changed;
  }

  /** That is waited for, or has failed; null when there is none. */
  get current(): DeviceSignIn | null {
    return this.#current;
  }

  /** The code to show; of the one that is waited for already, the same. @throws the sign-in and connection codes */
  async start(): Promise<DeviceSignIn> {
    if (this.#emulated)
      throw new LimnError("invalid_option", {
        message: "The sandbox has a made-up login; nobody signs in there.",
        hint: "Start limn serve without --sandbox.",
      });
    if (this.#running !== null) return this.#running.code;
    const controller = new AbortController();
    const code = Promise.withResolvers<DeviceSignIn>();
    const running = { controller, code: code.promise };
    this.#running = running;
    void this.#ownLogin
      .withDeviceCode({
        signal: controller.signal,
        onCode: ({ userCode, verificationUrl, expiresAtMs }) => {
          const signIn: DeviceSignIn = {
            userCode,
            verificationUrl,
            expiresAt: new Date(expiresAtMs).toISOString(),
            state: "waiting",
            error: null,
          };
          if (this.#running === running) this.#current = signIn;
          code.resolve(signIn);
        },
      })
      .then(
        () => {
          if (this.#running === running) this.#current = null;
        },
        (error: unknown) => {
          // Before a code was there, whoever asked for it is told.
          code.reject(
            controller.signal.aborted
              ? new LimnError("login_refused", { message: "The sign-in was given up.", hint: "Start over." })
              : error,
          );
          // One that was given up says nothing about the one that was begun after it.
          if (this.#running === running && this.#current !== null)
            this.#current = { ...this.#current, state: "failed", error: told(toLimnError(error)) };
        },
      )
      .finally(() => {
        if (this.#running === running) this.#running = null;
        this.#changed();
      });
    return code.promise;
  }

  /** Give it up. */
  stop(): void {
    const running = this.#running;
    const wasShown = this.#current !== null;
    this.#current = null;
    this.#running = null;
    if (running !== null) running.controller.abort(new DOMException("given up in the studio", "AbortError"));
    // One that had failed is put away; nothing else would tell the other windows.
    else if (wasShown) this.#changed();
  }
}
