/** One event of a Chromium trace; times in microseconds. */
export interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
}

/** The marks that the page sets around the measured part. */
export const MARKS = { start: "bench-start", end: "bench-end" } as const;

/**
 * Returns the longest task, in milliseconds, that overlaps the time between the marks, on the thread that set them. Returns undefined
 * if the trace lacks a mark.
 */
export function longestTask(events: readonly TraceEvent[]): number | undefined {
  const start = events.find(({ name }) => name === MARKS.start);
  const end = events.findLast(({ name }) => name === MARKS.end);
  if (!start || !end) return undefined;
  let longest = 0;
  // Also counts parts of a task, because a trace may lack the whole; a part is never longer than its task.
  for (const { ph, pid, tid, ts, dur = 0 } of events) {
    if (pid !== start.pid || tid !== start.tid || ph !== "X") continue;
    if (ts + dur > start.ts && ts < end.ts) longest = Math.max(longest, dur);
  }
  return longest / 1000;
}
