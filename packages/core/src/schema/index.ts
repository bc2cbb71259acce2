/**
 * The contracts as zod schemas, for hosts that need them at run time, and the source of the JSON Schema files in `schema/v1`.
 * A subpath of its own, because nothing on the way to a picture may load a schema library.
 */
export { eventSchema } from "./event-schema.ts";
export { requestSchema } from "./request-schema.ts";
export { errorReportSchema, errorSchema, resultSchema } from "./result-schema.ts";
