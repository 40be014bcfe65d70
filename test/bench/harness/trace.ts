/** One event of a Chromium trace; times in microseconds. */
export interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
}

/** The page puts these marks round what is measured. */
export const MARKS = { start: "bench-start", end: "bench-end" } as const;

/**
 * Milliseconds of the longest task that reaches into the time between the marks, on the thread that set them.
 * Undefined when the trace has lost one of them.
 */
export function longestTask(events: readonly TraceEvent[]): number | undefined {
  const start = events.find(({ name }) => name === MARKS.start);
  const end = events.findLast(({ name }) => name === MARKS.end);
  if (!start || !end) return undefined;
  let longest = 0;
  // What stands in a task is no longer than the task; and some of its parts come without the whole.
  for (const { ph, pid, tid, ts, dur = 0 } of events) {
    if (pid !== start.pid || tid !== start.tid || ph !== "X") continue;
    if (ts + dur > start.ts && ts < end.ts) longest = Math.max(longest, dur);
  }
  return longest / 1000;
}
