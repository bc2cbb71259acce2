export { deliver, resolveDestination } from "./deliver.ts";
export type { Destination } from "./deliver.ts";
export { createGenerationId } from "./generation-id.ts";
export { GenerationRecord } from "./generation-record.ts";
export { currentOwner } from "./owner.ts";
export type { FoundGeneration } from "./read-manifest.ts";
export { createArtifactStore } from "./store.ts";
export type { ArtifactStore, FoundImage, FoundRecipe, LastScope } from "./store.ts";
