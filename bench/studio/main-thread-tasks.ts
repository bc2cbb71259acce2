interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur: number;
}

/** Lengths, ms, of what Chromium's scheduler ran on the page's main thread between the marks `scroll-begins` and `scroll-ends`. */
export function mainThreadTasks(trace: Buffer): readonly number[] {
  const events = eventsOf(JSON.parse(trace.toString("utf8")));
  const begins = events.find(({ name }) => name === "scroll-begins");
  const ends = events.find(({ name }) => name === "scroll-ends");
  if (begins === undefined || ends === undefined) throw new Error("the trace has no marks");
  const tasks = events.filter(
    ({ name, ph, pid, tid, ts }) =>
      name === "ThreadControllerImpl::RunTask" &&
      ph === "X" &&
      pid === begins.pid &&
      tid === begins.tid &&
      ts >= begins.ts &&
      ts <= ends.ts,
  );
  if (tasks.length === 0) throw new Error("the trace has no tasks");
  return tasks.map(({ dur }) => dur / 1000);
}

function eventsOf(trace: unknown): readonly TraceEvent[] {
  if (typeof trace !== "object" || trace === null || !("traceEvents" in trace) || !Array.isArray(trace.traceEvents))
    throw new TypeError("that is no trace");
  return trace.traceEvents.filter((event: unknown): event is TraceEvent => isEvent(event)).map(withDuration);
}

function isEvent(event: unknown): event is TraceEvent {
  return (
    typeof event === "object" &&
    event !== null &&
    "name" in event &&
    "ph" in event &&
    "pid" in event &&
    "tid" in event &&
    "ts" in event &&
    typeof event.name === "string" &&
    typeof event.ph === "string" &&
    typeof event.ts === "number"
  );
}

/** Marks have none. */
function withDuration(event: TraceEvent): TraceEvent {
  return { ...event, dur: typeof event.dur === "number" ? event.dur : 0 };
}
