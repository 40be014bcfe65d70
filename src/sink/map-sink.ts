import type { FileSink, SinkLink } from "../api/sink.ts";
import { invalidInput, shortValue } from "../errors/invalid-option.ts";
import { checkedSink } from "./checked-sink.ts";
import { FILES_AT_ONCE, MemorySession, type MemoryState, type MemoryView } from "./memory-session.ts";
import { foldersAbove, isBelowAny, rootOf } from "./sink-paths.ts";

type Entry = Uint8Array | SinkLink;

/** The last change of each Map. */
const states = new WeakMap<object, MemoryState<Entry>>();

/**
 * Makes a sink that writes into a Map: paths relative to the project (`node_modules/react/index.js`) to bytes or links. It has no
 * modes and no folders. A change is one synchronous step. Entries outside `node_modules` do not change. Entries that the embedder
 * has changed are written again.
 * @throws InstallError EINVALIDINPUT
 */
export function createMapSink(map: Map<string, Uint8Array | SinkLink>): FileSink {
  if (!(map instanceof Map)) throw invalidInput(`createMapSink takes a Map, not ${shortValue(map)}.`);
  const view: MemoryView<Entry> = {
    reader: () => (path) => map.get(path),
    file: ({ bytes }) => bytes,
    kind: (value) => (value instanceof Uint8Array ? "file" : "link"),
    *replace({ packages, links, roots }) {
      const next = new Map<string, Entry>();
      const others = new Set([...packages.keys(), ...links.map(({ path }) => path)]);
      const around = new Set([...others].flatMap(foldersAbove));
      // A kept package may have a file where another package or a link goes now.
      const isOwn = (location: string, path: string, free: Set<string>): boolean =>
        !around.has(location) || (!around.has(path) && !others.has(path) && !isBelowAny(path, location, others, free));
      let count = 0;
      for (const [location, files] of packages) {
        const free = new Set<string>();
        for (const [path, entry] of files) {
          if (isOwn(location, path, free)) next.set(path, entry);
          if (++count % FILES_AT_ONCE === 0) yield;
        }
      }
      for (const { path, to } of links) next.set(path, { path, to });
      const removed: string[] = [];
      for (const path of [...map.keys()]) {
        if (path.includes("node_modules/") && !next.has(path) && roots.has(rootOf(path))) removed.push(path);
        if (++count % FILES_AT_ONCE === 0) yield;
      }
      return () => {
        for (const path of removed) map.delete(path);
        for (const [path, entry] of next) if (map.get(path) !== entry) map.set(path, entry);
      };
    },
  };
  return checkedSink(map, async (host) => {
    const state = states.get(map) ?? { packages: new Map(), links: [] };
    states.set(map, state);
    return new MemorySession(view, state, host);
  });
}
