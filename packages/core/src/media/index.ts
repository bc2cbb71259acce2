export { Base64Scanner } from "./base64-scanner.ts";
export type { Base64Consumer, Base64ScannerOptions } from "./base64-scanner.ts";
export { ImageProbe, extensionFor, probeImage, sniffMediaType } from "./probe-image.ts";
export type { ProbeOutcome } from "./probe-image.ts";
export { copyPngWithRecipe, readPngRecipe } from "./png-recipe.ts";
