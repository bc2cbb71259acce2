import { errorReply, jsonReply, type Outgoing } from "../exchange.ts";
import type { Route, RouteContext } from "./route.ts";

/** What the Codex CLI asks for beside sign-in, models and images, and what satisfies it (codex-backend contract 2.1, 8). */
export const programRoutes: readonly Route[] = [
  {
    name: "wham.config-bundle",
    group: "program",
    method: "GET",
    paths: ["/backend-api/wham/config/bundle", "/wham/config/bundle", "/api/codex/config/bundle"],
    bearer: false,
    handle: () => jsonReply(200, {}),
  },
  {
    name: "wham.settings-user",
    group: "program",
    method: "GET",
    paths: ["/backend-api/wham/settings/user", "/wham/settings/user", "/api/codex/settings/user"],
    bearer: false,
    handle: nothingHere,
  },
  {
    name: "ps",
    group: "program",
    method: "*",
    paths: ["/backend-api/ps/*", "/ps/*", "/backend-api/plugins/*", "/plugins/*"],
    bearer: false,
    handle: nothingHere,
  },
  {
    name: "analytics",
    group: "program",
    method: "POST",
    paths: ["/backend-api/codex/analytics-events/events", "/codex/analytics-events/events"],
    bearer: false,
    handle: () => jsonReply(200, {}),
  },
];

/** Whether a request asks for a websocket where the live service has one. */
export function asksForWebsocket(method: string, path: string, upgrade: string | undefined): boolean {
  return method === "GET" && path === "/backend-api/codex/responses" && upgrade?.toLowerCase() === "websocket";
}

/** 426: clients fall back to HTTP at once. */
export function refuseWebsocket(): Outgoing {
  return errorReply(426, { message: "The emulator has no websocket.", type: "emulator_error", code: "not_emulated" });
}

function nothingHere({ incoming }: RouteContext): Outgoing {
  const path = incoming.target.split("?")[0] ?? "";
  return errorReply(404, {
    message: `The emulator has nothing at ${path}.`,
    type: "emulator_error",
    code: "not_found",
  });
}
