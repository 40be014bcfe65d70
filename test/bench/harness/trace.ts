/** One event of a Chromium trace; times in microseconds. */
export interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  args?: { name?: string };
}

/** The page puts these marks round what is measured. */
export const MARKS = { start: "bench-start", end: "bench-end" } as const;

/** Milliseconds of the longest task on the main thread of process `pid` that reaches into the time between the marks. */
export function longestTask(events: readonly TraceEvent[], pid: number): number {
  const mine = events.filter((event) => event.pid === pid);
  const main = mine.find(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")?.tid;
  const start = mine.find(({ name }) => name === MARKS.start)?.ts ?? Number.POSITIVE_INFINITY;
  const end = mine.findLast(({ name }) => name === MARKS.end)?.ts ?? Number.POSITIVE_INFINITY;
  let longest = 0;
  // What stands in a task is no longer than the task; and some of its parts come without the whole.
  for (const { ph, tid, ts, dur = 0 } of mine) {
    if (tid !== main || ph !== "X") continue;
    if (ts + dur > start && ts < end) longest = Math.max(longest, dur);
  }
  return longest / 1000;
}
