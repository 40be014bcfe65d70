import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { MetadataForm } from "../../../src/api/resolve.ts";
import { FLOOR_CACHES, type FloorCache } from "./page-protocol.ts";
import { PEERS, type PeerName } from "./peers.ts";
import { PHASES, type Phase } from "./phases.ts";
import { PROFILES, type Profile, TRANSPORTS, type Transport } from "./registry-protocol.ts";

const MODES = ["threads", "worker", "inline", "auto"] as const;
const IOS = ["page", "worker"] as const;
const FEEDS = ["network", "memory"] as const;

export interface BenchOptions {
  /** Folders with a package.json, and optionally a package-lock.json to compare with. Empty: the recorded project. */
  projects: readonly string[];
  /** A folder with `packuments` and optionally `tarballs`. Undefined: the packuments of the recorded project. */
  snapshot: string | undefined;
  /** The built package. Undefined: the repository's own, built first if it is older than the sources. */
  dist: string | undefined;
  /** Undefined: all phases, or those that only resolve if the registry lacks the project's tarballs. */
  phases: readonly Phase[] | undefined;
  modes: readonly string[];
  ios: readonly string[];
  transports: readonly Transport[];
  peers: readonly PeerName[];
  /** Empty: no floor. */
  floors: readonly FloorCache[];
  /** Whether an extra, untimed run finds the longest task of each page that had no long task. */
  trace: boolean;
  /** The number of timed rounds, after `warmups` rounds that do not count. */
  runs: number;
  warmups: number;
  latency: number;
  profile: Profile;
  feed: (typeof FEEDS)[number];
  cache: string;
  metadata: MetadataForm;
  concurrency: number;
  /** The installer's options of these names. Undefined: its defaults. */
  tarballConcurrency: number | undefined;
  extractWorkers: number | undefined;
  /** Milliseconds between two readings of the renderer's memory. 0: none. */
  memory: number;
  /** The number of lines to show of each thread's CPU profile, which is measured in a run of its own. 0: none. */
  profileLines: number;
  json: string | undefined;
}

export const HELP = `Measures resolutions and installs in headless Chromium. Between the runs it measures a fetch floor and native package managers.

  npm run bench -- [flags]

  --project DIR        A folder with package.json, and optionally npm's package-lock.json to compare with. May be repeated.
                       Default: the recorded docs-demo.
  --snapshot DIR       The registry: packuments/NAME.json.gz and tarballs/NAME/FILE.tgz. The "/" of a scope is written "+".
                       Default: the registry of docs-demo, which has no tarballs.
  --dist DIR           The built package. Default: the repository's own, built first if it is older than the sources.
  --modes LIST         threads,worker,inline,auto. Default: threads,worker,inline.
  --io LIST            page,worker. Default: page.
  --transports LIST    h2,h1. Default: both.
  --phases LIST        ${PHASES.join(",")}.
                       Default: all, or p1 and p2 if the snapshot lacks the project's tarballs.
  --peers LIST         ${Object.keys(PEERS).join(",")}. Installed on demand. Default: none.
  --floors LIST        ${FLOOR_CACHES.join(",")}: the cache mode of the bare page that fetches the same documents and tarballs.
                       Default: default.
  --no-floor           Measures no floor.
  --no-trace           Skips the extra, untimed run that finds the longest task of a page without a task of 50 ms.
  --runs N             The number of timed rounds. Default: 5.
  --warmups N          The number of rounds before them that do not count. Default: 1.
  --latency MS         The delay before each answer of the registry. Default: 0.
  --profile mirror     Uses a registry that answers slowly, unevenly and in another order.
  --feed memory        Takes bodies from the page's own memory, to measure the threads alone.
  --cache, --metadata, --concurrency, --tarball-concurrency, --extract-workers
                       The options of the library with these names.
  --memory MS          The interval at which the renderer's memory is read, in the warm-ups if there are any. 0: never.
                       Default: 50.
  --cpu-profile N      Shows the N functions that took most time on each thread, measured in an extra, untimed run.
  --json FILE          Writes the rows to FILE, and a chart beside it (FILE with .svg).`;

const FLAGS = {
  project: { type: "string", multiple: true, default: [] as string[] },
  snapshot: { type: "string" },
  dist: { type: "string" },
  modes: { type: "string" },
  io: { type: "string" },
  transports: { type: "string" },
  phases: { type: "string" },
  peers: { type: "string" },
  floors: { type: "string", default: "default" },
  "no-floor": { type: "boolean", default: false },
  "no-trace": { type: "boolean", default: false },
  runs: { type: "string", default: "5" },
  warmups: { type: "string", default: "1" },
  latency: { type: "string", default: "0" },
  profile: { type: "string", default: "plain" },
  feed: { type: "string", default: "network" },
  cache: { type: "string", default: "default" },
  metadata: { type: "string", default: "abbreviated" },
  concurrency: { type: "string", default: "256" },
  "tarball-concurrency": { type: "string" },
  "extract-workers": { type: "string" },
  memory: { type: "string", default: "50" },
  "cpu-profile": { type: "string", default: "0" },
  json: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** Returns `text` if it is one of `known`. @throws Error that names them */
function oneOf<T extends string>(flag: string, text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text);
  if (found === undefined) throw new Error(`--${flag} must be one of ${known.join(", ")}, not ${text}.`);
  return found;
}

function listOf<T extends string>(flag: string, text: string | undefined, known: readonly T[]): T[] {
  return (text ?? "").split(",").flatMap((each) => (each ? [oneOf(flag, each, known)] : []));
}

function count(flag: string, text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0) throw new Error(`--${flag} must be a number, not ${text}.`);
  return number;
}

/** Parses the command line. Returns null for --help. @throws Error about a flag */
export function parseOptions(argv: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({ args: [...argv], options: FLAGS });
  if (values.help) return null;
  const path = (text: string | undefined): string | undefined => text && resolve(text);
  const maybe = (flag: "tarball-concurrency" | "extract-workers"): number | undefined => {
    const text = values[flag];
    return text === undefined ? undefined : count(flag, text);
  };
  return {
    projects: values.project.map((each) => resolve(each)),
    snapshot: path(values.snapshot),
    dist: path(values.dist),
    phases: values.phases === undefined ? undefined : listOf("phases", values.phases, PHASES),
    modes: listOf("modes", values.modes ?? "threads,worker,inline", MODES),
    ios: listOf("io", values.io ?? "page", IOS),
    transports: listOf("transports", values.transports ?? TRANSPORTS.join(), TRANSPORTS),
    peers: listOf("peers", values.peers, Object.keys(PEERS) as PeerName[]),
    floors: values["no-floor"] ? [] : listOf("floors", values.floors, FLOOR_CACHES),
    trace: !values["no-trace"],
    runs: Math.max(1, count("runs", values.runs)),
    warmups: count("warmups", values.warmups),
    latency: count("latency", values.latency),
    profile: oneOf("profile", values.profile, PROFILES),
    feed: oneOf("feed", values.feed, FEEDS),
    cache: values.cache,
    metadata: oneOf("metadata", values.metadata, ["full", "abbreviated"] as const),
    concurrency: count("concurrency", values.concurrency),
    tarballConcurrency: maybe("tarball-concurrency"),
    extractWorkers: maybe("extract-workers"),
    memory: count("memory", values.memory),
    profileLines: count("cpu-profile", values["cpu-profile"]),
    json: path(values.json),
  };
}
