let counter = 0;

/** Distinct among all live processes of this machine, and among the calls of this one. */
export function uniqueSuffix(): string {
  counter += 1;
  return `${process.pid.toString(36)}-${Date.now().toString(36)}-${counter.toString(36)}`;
}
