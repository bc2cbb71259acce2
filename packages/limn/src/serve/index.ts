export { startImageServer } from "./server.ts";
