export { createEmulator, type Emulator } from "./create-emulator.ts";
export type { EmulatedCapabilities, EmulatorOptions } from "./options.ts";
export type { ListenOptions, RunningEmulator } from "./adapters/http-server.ts";
export type { CodexAuthFileOptions, CodexAuthKind } from "./login/codex-auth-file.ts";
export type { RecordedCall } from "./record/recorded-call.ts";
export type { Scenario, ScenarioStep } from "./scenarios/parse-scenario.ts";
export { scenarioNames, scenarios, type ScenarioDescription } from "./scenarios/scenario-table.ts";
