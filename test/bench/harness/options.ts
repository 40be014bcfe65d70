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
  /** Folders with a package.json, and a package-lock.json to compare with if there is one. None: the recorded project. */
  projects: readonly string[];
  /** A folder with `packuments` and perhaps `tarballs`; none: the packuments of the recorded project. */
  snapshot: string | undefined;
  /** The built package; none: the repository's own, built when it is older than the sources. */
  dist: string | undefined;
  /** None: all, or those that resolve where the registry lacks the project's tarballs. */
  phases: readonly Phase[] | undefined;
  modes: readonly string[];
  ios: readonly string[];
  transports: readonly Transport[];
  peers: readonly PeerName[];
  /** None: no floor. */
  floors: readonly FloorCache[];
  /** One run more, not timed, of each page that had no long task, for its longest one. */
  trace: boolean;
  /** Timed rounds, after `warmups` that are not counted. */
  runs: number;
  warmups: number;
  latency: number;
  profile: Profile;
  feed: (typeof FEEDS)[number];
  cache: string;
  metadata: MetadataForm;
  concurrency: number;
  /** The installer's options of these names; none: its defaults. */
  tarballConcurrency: number | undefined;
  extractWorkers: number | undefined;
  /** Milliseconds between two looks at the renderer's memory; 0: none. */
  memory: number;
  /** Lines of each thread's CPU profile to show, of a run of its own; 0: none. */
  profileLines: number;
  json: string | undefined;
}

export const HELP = `Times resolutions and installs in headless Chromium, in turn with a fetch floor and native package managers.

  npm run bench -- [flags]

  --project DIR        a folder with package.json (and npm's package-lock.json, to compare with); may be repeated.
                       Default: the recorded docs-demo
  --snapshot DIR       the registry: packuments/NAME.json.gz and tarballs/NAME/FILE.tgz, a scope's "/" written "+".
                       Default: docs-demo's, which has no tarballs
  --dist DIR           the built package. Default: the repository's, built first when it is older than the sources
  --modes LIST         of threads,worker,inline,auto. Default: threads,worker,inline
  --io LIST            of page,worker. Default: page
  --transports LIST    of h2,h1. Default: both
  --phases LIST        of ${PHASES.join(",")}.
                       Default: all, or p1 and p2 where the snapshot lacks the project's tarballs
  --peers LIST         of ${Object.keys(PEERS).join(",")}; installed on demand. Default: none
  --floors LIST        of ${FLOOR_CACHES.join(",")}: whether the bare page that fetches the same documents and tarballs has them
                       kept by the browser. Default: default
  --no-floor           leaves it out
  --no-trace           leaves out the run more, not timed, that finds the longest task of a page that had none of 50 ms
  --runs N             timed rounds. Default: 5; --warmups N before them, not counted. Default: 1
  --latency MS         before each answer of the registry
  --profile mirror     a registry that answers slowly, unevenly, in another order
  --feed memory        bodies come from the page's own memory: the threads alone
  --cache, --metadata, --concurrency, --tarball-concurrency, --extract-workers   as the library's options
  --memory MS          between two looks at the renderer's memory, in the warm-ups if there are any; 0: never. Default: 50
  --cpu-profile N      shows the N places that took most of each thread, in a run more that is not timed
  --json FILE          writes the rows there, and a chart beside it (FILE with .svg)`;

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

/** `text` as one of `known`. @throws Error that names them */
function oneOf<T extends string>(flag: string, text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text);
  if (found === undefined) throw new Error(`--${flag} ${text}: one of ${known.join(", ")}`);
  return found;
}

function listOf<T extends string>(flag: string, text: string | undefined, known: readonly T[]): T[] {
  return (text ?? "").split(",").flatMap((each) => (each ? [oneOf(flag, each, known)] : []));
}

function count(flag: string, text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0) throw new Error(`--${flag} ${text}: no number`);
  return number;
}

/** What the command line asks for; null: help. @throws Error about a flag */
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
