import { readFileSync } from "node:fs";

/** Proportional set size of a process in bytes; null where the system does not say. */
function pss(pid: number): number | null {
  try {
    const [, kilobytes] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** Looks at a process's memory every `every` milliseconds; the function it returns ends that and gives the peak. */
export function watchMemory(pid: number, every: number): () => number | null {
  let peak = pss(pid);
  const look = (): void => {
    const now = pss(pid);
    if (now !== null) peak = Math.max(peak ?? 0, now);
  };
  const timer = setInterval(look, every);
  return () => {
    clearInterval(timer);
    look();
    return peak;
  };
}
