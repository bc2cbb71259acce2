export type { DeliveryOption } from "./delivery.ts";
export { createClient } from "./image-client.ts";
export type { GenerateOptions, ImageClient, Plan, ProbeOutcome } from "./image-client.ts";
export { embeddedRecipe, recipeOfFile } from "./recipe.ts";
export type { Recipe } from "./recipe.ts";
export { validateRequest } from "./validate-request.ts";
export type { Fault } from "./validate-request.ts";
