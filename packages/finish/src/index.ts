/** @packageDocumentation What limn does to pixels itself, with sharp. */
export { createImageTools } from "./create-image-tools.ts";
export { makeThumbnail } from "./thumbnail.ts";
