export { syncFolder, writeFileAtomically } from "./atomic-file.ts";
export { describeErrno, errno } from "./errno.ts";
export { ReservedFile } from "./reserved-file.ts";
export { uniqueSuffix } from "./unique-suffix.ts";
