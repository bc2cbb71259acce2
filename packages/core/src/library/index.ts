export { FileLibrary } from "./file-library.ts";
