export { Access } from "./access.ts";
export { errorAnswer } from "./error-answer.ts";
export { isLoopback, urlOf } from "./host-names.ts";
export { HttpError, invalid } from "./http-error.ts";
export { mcpKeyFile, serveKeyFile } from "./key-file.ts";
export { listen } from "./listen.ts";
export type { Route, Site } from "./route.ts";
export { isSameSecret } from "./secret.ts";
