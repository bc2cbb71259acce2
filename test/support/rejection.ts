import { isLimnError } from "../../packages/core/src/errors/index.ts";
import type { LimnError } from "../../packages/core/src/errors/index.ts";

/** What a promise rejected with. Fails when it did not. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  const nothing = Symbol("resolved");
  const reason: unknown = await promise.then(
    () => nothing,
    (error: unknown) => error,
  );
  if (reason === nothing) throw new Error("the promise was not rejected");
  return reason;
}

/** The LimnError that a promise rejected with. */
export async function limnErrorOf(promise: Promise<unknown>): Promise<LimnError> {
  const reason = await reasonOf(promise);
  if (isLimnError(reason)) return reason;
  throw new Error("not a LimnError", { cause: reason });
}

/** The LimnError that a function throws. */
export function thrownBy(run: () => unknown): LimnError {
  try {
    run();
  } catch (error) {
    if (isLimnError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
