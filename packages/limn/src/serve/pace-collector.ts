/**
 * V8 begins to mark the whole heap as soon as its free room is smaller than a full young generation (16 MB). The heap of this program has
 * 10 MB and room for as much again, so it was marked without a pause: once for every seven pictures, a tenth of all CPU (bench/README.md,
 * `serve`). This lets four fifths of the room be used first. For the whole process, so it is the program's to call.
 */
export function paceCollector(): void {
  process.getBuiltinModule("node:v8").setFlagsFromString("--incremental-marking-hard-trigger=80");
}
