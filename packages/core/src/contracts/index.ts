export * from "./codes.ts";
export * from "./request.ts";
export * from "./result.ts";
export * from "./events.ts";
export * from "./capabilities.ts";
export * from "./engine.ts";
export * from "./credential.ts";
export * from "./manifest.ts";
