/** @packageDocumentation A pretend ChatGPT image backend and its sign-in service on loopback, for tests and demos. */
export { createEmulator, type Emulator, type SignInOptions } from "./create-emulator.ts";
export type { EmulatedCapabilities, EmulatorOptions } from "./options.ts";
export type { EmulatedModel } from "./models.ts";
export type { ListenOptions, RunningEmulator } from "./adapters/http-server.ts";
export type { CodexAuthFileOptions, CodexAuthKind } from "./login/codex-auth-file.ts";
export type { RecordedCall } from "./record/recorded-call.ts";
export type { Scenario, ScenarioStep } from "./scenarios/parse-scenario.ts";
export { scenarioNames, scenarios, type ScenarioDescription } from "./scenarios/scenario-table.ts";
export type { RouteGroup, ScenarioGroup } from "./scenarios/groups.ts";
export type { Account, EmulatorAccount } from "./login/account.ts";
export type { IssuedLogin } from "./sign-in/logins.ts";
export type { UsageRules } from "./images/usage-windows.ts";
