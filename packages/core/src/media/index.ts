export { Base64Scanner } from "./base64-scanner.ts";
export { ImageProbe, extensionFor } from "./probe-image.ts";
export { copyPngWithRecipe, readPngRecipe } from "./png-recipe.ts";
