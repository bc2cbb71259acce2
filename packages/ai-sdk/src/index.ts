/** @packageDocumentation Image models for the AI SDK that draw with the ChatGPT plan. */
export { createLimn } from "./create-limn.ts";
export type { LimnImageModelId, LimnProvider, LimnProviderOptions } from "./create-limn.ts";
export { limnOptions } from "./provider-options.ts";
export type { LimnImageOptions, LimnPartial } from "./provider-options.ts";
