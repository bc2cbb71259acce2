export { createUrlFetcher } from "./fetch-url.ts";
export { createInputLoader } from "./load-inputs.ts";
