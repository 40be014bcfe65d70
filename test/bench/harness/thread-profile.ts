import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { basename, join } from "node:path";
import type { DevTools } from "./devtools.ts";

interface Frame {
  functionName: string;
  url: string;
  lineNumber: number;
  columnNumber: number;
}

interface Profile {
  nodes: { id: number; callFrame: Frame }[];
  samples?: number[];
  timeDeltas?: number[];
}

export interface ThreadProfile {
  thread: string;
  /** Milliseconds by place in the source, the most first. Without the time of called functions. */
  self: [place: string, milliseconds: number][];
}

/** Microseconds between two samples. */
const INTERVAL = 250;
/** The names of frames of an idle thread. */
const ASLEEP = new Set(["(idle)", "(root)"]);

/** Profiles a page and each worker that it starts while `run` runs. Slows all of them, so do not use it in a timed run. */
export async function profileThreads(
  { devtools, sessionId, dist }: { devtools: DevTools; sessionId: string; dist: string },
  run: () => Promise<void>,
): Promise<ThreadProfile[]> {
  const sessions = new Map([[sessionId, "page"]]);
  const start = async (session: string): Promise<void> => {
    await devtools.send("Profiler.enable", {}, session);
    await devtools.send("Profiler.setSamplingInterval", { interval: INTERVAL }, session);
    await devtools.send("Profiler.start", {}, session);
  };
  const forget = devtools.on("Target.attachedToTarget", sessionId, (params) => {
    const { sessionId: child } = params as { sessionId: string };
    sessions.set(child, `worker ${sessions.size}`);
    void start(child).then(() => devtools.send("Runtime.runIfWaitingForDebugger", {}, child));
  });
  await start(sessionId);
  const attach = { autoAttach: true, waitForDebuggerOnStart: true, flatten: true };
  await devtools.send("Target.setAutoAttach", attach, sessionId);
  await run();
  forget();
  const profiles: ThreadProfile[] = [];
  const placeOf = mapped(dist);
  for (const [session, thread] of sessions) {
    const { profile } = await devtools.send<{ profile: Profile }>("Profiler.stop", {}, session);
    profiles.push({ thread, self: selfTimes(profile, placeOf) });
  }
  return profiles;
}

function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profile, placeOf: (frame: Frame) => string) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const self = new Map<string, number>();
  for (const [i, id] of samples.entries()) {
    const frame = frames.get(id);
    if (!frame || ASLEEP.has(frame.functionName)) continue;
    const place = placeOf(frame);
    self.set(place, (self.get(place) ?? 0) + (timeDeltas[i] ?? 0) / 1000);
  }
  return [...self].sort(([, a], [, b]) => b - a);
}

/** Returns a frame's place in the sources, by the source maps beside the built scripts. */
function mapped(dist: string): (frame: Frame) => string {
  const maps = new Map<string, SourceMap | null>();
  const load = (url: string): SourceMap | null => {
    const name = basename(url);
    const file = [name, `chunks/${name}`].map((each) => join(dist, `${each}.map`)).find(existsSync);
    return file
      ? new SourceMap(JSON.parse(readFileSync(file, "utf8")) as ConstructorParameters<typeof SourceMap>[0])
      : null;
  };
  return ({ functionName, url, lineNumber, columnNumber }) => {
    if (!url) return functionName;
    if (!maps.has(url)) maps.set(url, load(url));
    const entry = maps.get(url)?.findEntry(lineNumber, columnNumber);
    if (!entry || !("originalSource" in entry) || !entry.originalSource)
      return `${functionName} ${basename(url)}:${lineNumber + 1}`;
    return `${entry.originalSource.replace(/^(\.\.\/)+/, "")}:${entry.originalLine + 1} ${functionName}`;
  };
}

/** Returns the places that took most time on each thread, as text. */
export function profileTable(profiles: readonly ThreadProfile[], rows: number): string {
  return profiles
    .map(({ thread, self }) => {
      const total = self.reduce((sum, [, spent]) => sum + spent, 0);
      const lines = self.slice(0, rows).map(([place, spent]) => `${spent.toFixed(0).padStart(8)} ms  ${place}`);
      return [`${thread}: ${total.toFixed(0)} ms`, ...lines].join("\n");
    })
    .join("\n\n");
}
