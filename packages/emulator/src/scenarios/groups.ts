/** What a request is about: every recorded call has one of these groups. */
export const routeGroups = [
  "images",
  "responses",
  "models",
  "usage",
  "accounts",
  "authorize",
  "token",
  "refresh",
  "api-key",
  "device-code",
  "device-poll",
  "device-page",
  "revoke",
  "program",
  "other",
] as const;

/** A name of `routeGroups`. */
export type RouteGroup = (typeof routeGroups)[number];

/** The groups for which a scenario can be chosen. */
export const scenarioGroups = [
  "images",
  "responses",
  "usage",
  "accounts",
  "authorize",
  "token",
  "refresh",
  "device-code",
  "device-poll",
  "revoke",
] as const satisfies readonly RouteGroup[];

/** A name of `scenarioGroups`. */
export type ScenarioGroup = (typeof scenarioGroups)[number];
