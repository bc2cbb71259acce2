import { errorReply, type Outgoing } from "../exchange.ts";

// Routes that clients of the real backend use and that this emulator does not have (codex-backend contract 2.1).
const NOT_YET: readonly string[] = [
  "/backend-api/codex/responses/compact",
  "/backend-api/codex/responses/input_tokens",
];

/** Whether a path belongs to a route that is known but not emulated. */
export function isNotYet(path: string): boolean {
  return NOT_YET.some((prefix) => path === prefix);
}

/** 501 that names the route. */
export function notYet(method: string, path: string): Outgoing {
  return errorReply(501, {
    message: `The emulator does not have ${method} ${path}.`,
    type: "emulator_error",
    code: "not_emulated",
  });
}

/** 404 or, for a known path, 405. */
export function noSuchRoute(method: string, path: string, otherMethod: string | undefined): Outgoing {
  if (otherMethod === undefined)
    return errorReply(404, {
      message: `There is no route ${method} ${path}.`,
      type: "emulator_error",
      code: "no_such_route",
    });
  return errorReply(
    405,
    { message: `${path} takes ${otherMethod}, not ${method}.`, type: "emulator_error", code: "method_not_allowed" },
    { allow: otherMethod },
  );
}
