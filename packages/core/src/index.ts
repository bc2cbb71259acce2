/** @packageDocumentation The library behind limn: make images with the ChatGPT plan that its user already has. */
export { createImageClient, createLimn } from "./defaults.ts";
export type { Limn, LimnOptions } from "./defaults.ts";
export type { LoginChoice } from "./compose-credentials.ts";
export type { OwnLoginControl, SignedIn, SignedOut } from "./compose-sign-in.ts";
export { openLibrary } from "./open-library.ts";
export { version } from "./version.ts";

export { embeddedRecipe, recipeOfFile, validateRequest } from "./client/index.ts";
export type {
  DeliveryOption,
  Fault,
  GenerateOptions,
  ImageClient,
  Plan,
  ProbeOutcome,
  Recipe,
} from "./client/index.ts";
export {
  createGenerationId,
  currentOwner,
  isAlive,
  isGenerationId,
  keptInputName,
  readManifest,
} from "./artifacts/index.ts";
export type { ArtifactStore, FoundGeneration, FoundImage, FoundRecipe, LastScope } from "./artifacts/index.ts";
export type { PlanUsage } from "./account/index.ts";
export { LimnError, isLimnError, nearest, redactSecrets, shorten, toLimnError } from "./errors/index.ts";
export {
  configKey,
  configKeys,
  codexHome,
  defaultBaseURL,
  isTrue,
  limnFolders,
  loadConfig,
  readEnvironment,
  serviceAddress,
  userConfigFile,
  variable,
  writeUserSetting,
} from "./config/index.ts";
export type {
  Config,
  ConfigKey,
  ConfigValue,
  Environment,
  LimnFolders,
  ServiceAddress,
  Setting,
} from "./config/index.ts";
export { isSecretVariable } from "./codex-program/index.ts";
export { hasProxySettings } from "./transport/index.ts";
export type { TimeLimits } from "./transport/index.ts";
export * from "./contracts/index.ts";
