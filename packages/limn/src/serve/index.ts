export { paceCollector } from "./pace-collector.ts";
export { startImageServer } from "./server.ts";
