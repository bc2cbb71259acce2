export { writeFileAtomically } from "./atomic-file.ts";
export { flush, flushFolder, replaceDurably } from "./durable-file.ts";
export { describeErrno, errno } from "./errno.ts";
export { ReservedFile } from "./reserved-file.ts";
export { uniqueSuffix } from "./unique-suffix.ts";
