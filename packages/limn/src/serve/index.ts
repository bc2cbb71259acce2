export { isLoopback } from "./access.ts";
export { KeyFile } from "./key-file.ts";
export { startImageServer } from "./server.ts";
