import { PLACEHOLDER } from "../../support/registry/snapshot.ts";
import { Browser } from "./browser.ts";
import type { Contender } from "./contenders.ts";
import { type Freight, freightOf, lockAt } from "./freight.ts";
import { PageContender } from "./page-contender.ts";
import type {
  Ask,
  FloorCache,
  FloorPool,
  InstallerSettings,
  InstallJob,
  PageJob,
  ResolveJob,
} from "./page-protocol.ts";
import { PeerContender } from "./peer-contender.ts";
import { INSTALLING, LOCKED, PHASES, type Phase } from "./phases.ts";
import type { BenchProject } from "./projects.ts";
import type { FeedIndex, Transport } from "./registry-protocol.ts";
import type { Stage } from "./stage.ts";
import { type Visit, visit } from "./visit.ts";

/** The settings of one page. */
interface Setting {
  mode: string;
  io: string;
  cache: string;
  transport: Transport;
}

interface FloorSetting {
  transport: Transport;
  cache: FloorCache;
}

/** The work of a project's contenders. */
interface ProjectPlan {
  stage: Stage;
  project: BenchProject;
  phases: readonly Phase[];
  /** The packument requests of the engine. */
  asks: readonly Ask[];
  /** Undefined if nothing is installed. */
  freight: Freight | undefined;
}

/** The concurrent tarball requests of a floor: the installer's default. */
const TARBALLS = 64;

/** Removes the options whose flags were not given. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function installerSettings(
  { stage, project }: Pick<ProjectPlan, "stage" | "project">,
  setting: Setting,
): InstallerSettings {
  const { metadata, concurrency, tarballConcurrency, extractWorkers } = stage.options;
  const { mode, io, cache, transport } = setting;
  return {
    ...{ registry: stage.registry(transport).url, mode, cache, metadata, concurrency, platform: project.platform },
    ...(io === "page" ? {} : { io }),
    ...given({ tarballConcurrency, extractWorkers }),
  };
}

function resolveJob(plan: Pick<ProjectPlan, "stage" | "project">, setting: Setting): ResolveJob {
  const { name, files, options } = plan.project;
  return { kind: "resolve", installer: installerSettings(plan, setting), project: { name, files }, options };
}

function installJob(plan: ProjectPlan, phase: Phase, setting: Setting): InstallJob {
  const { installer, project, options } = resolveJob(plan, setting);
  const { lock, files, sample } = plan.freight as Freight;
  return {
    kind: "install",
    installer,
    input: LOCKED.includes(phase) ? lockAt(installer.registry, lock) : project,
    options,
    files,
    sample,
    until: phase === "p4_warm_link" ? "read" : "installed",
  };
}

function floorJob(
  { stage, asks, freight }: ProjectPlan,
  phase: Phase,
  { transport, cache }: FloorSetting,
): PageJob | undefined {
  const { concurrency, tarballConcurrency = TARBALLS } = stage.options;
  const packuments: FloorPool = { asks, inFlight: concurrency };
  const tarballs: FloorPool = { asks: freight?.asks ?? [], inFlight: tarballConcurrency };
  const pools: Record<Phase, FloorPool[]> = {
    p0_full_cold: [packuments, tarballs],
    p1_resolve: [packuments],
    p2_resolve_warm: [packuments],
    p3_cold_install: [tarballs],
    p4_warm_link: [],
  };
  if (pools[phase].length === 0) return undefined;
  return { kind: "floor", registry: stage.registry(transport).url, cache, pools: pools[phase] };
}

/** Runs the engine once. Returns its requests, from the registry's log, and its lock. Rejects if the run fails. */
async function firstRun(stage: Stage, project: BenchProject, transport: Transport) {
  const job = resolveJob({ stage, project }, { mode: "inline", io: "page", cache: "none", transport });
  await using browser = new Browser(stage.browser);
  const registry = stage.registry(transport);
  const { log, details } = await visit(browser, { url: stage.site.url, job, feed: null, registry }, 0);
  return {
    asks: log.asks.filter(({ method, path }) => method === "GET" && !path.includes("/-/")),
    lock: details.lock?.replaceAll(registry.url, PLACEHOLDER),
  };
}

/** Plans the wanted phases. If none are named, leaves out installs for which tarballs are missing. */
async function planOf(stage: Stage, project: BenchProject, transport: Transport): Promise<ProjectPlan> {
  const { phases: asked = PHASES } = stage.options;
  const plan = { stage, project, phases: asked, asks: [], freight: undefined };
  const installs = asked.some((phase) => INSTALLING.includes(phase));
  const resolves = !project.expected || asked.some((phase) => !LOCKED.includes(phase));
  const { asks, lock } = resolves ? await firstRun(stage, project, transport) : { asks: [], lock: undefined };
  if (!installs) return { ...plan, asks };
  const freight = freightOf(project.expected ?? lock ?? "{}", await stage.snapshot(), project.platform);
  const [missing] = freight.missing;
  if (missing === undefined) return { ...plan, asks, freight };
  const why = `The registry lacks ${freight.missing.length} of the tarballs of ${project.name}, such as ${missing}`;
  if (stage.options.phases) throw new Error(why);
  stage.place.say(`${why}. Installs are left out.`);
  return { ...plan, asks, phases: asked.filter((phase) => !INSTALLING.includes(phase)) };
}

/** Returns a project's pages: for each transport, the floors and the modes. */
function pagesOf(plan: ProjectPlan, feed: FeedIndex | null): PageContender[] {
  const { stage, project, phases, asks, freight } = plan;
  const { transports, modes, ios, floors, cache } = stage.options;
  const { site, options, browser } = stage;
  const page = (who: string, jobOf: (phase: Phase) => PageJob | undefined, setting: Partial<Setting>) => {
    const { mode = null, io = null, transport = "h1" } = setting;
    const visits = PHASES.flatMap((phase): [Phase, Visit][] => {
      const job = freight || !INSTALLING.includes(phase) ? jobOf(phase) : undefined;
      return job ? [[phase, { url: site.url, job, feed, registry: stage.registry(transport) }]] : [];
    });
    return new PageContender({
      label: { project: project.name, feed: options.feed, who, mode, transport: feed ? null : transport, io },
      ...{ visits: new Map(visits), phases, project, options, browser },
      asks: asks.length > 0 ? asks : (freight?.asks ?? []),
    });
  };
  return (feed ? transports.slice(0, 1) : transports).flatMap((transport) => {
    // With a feed, `fetch` is a function of the page, which rules out `io: "worker"`.
    const settings = modes.flatMap((mode) =>
      ios.filter((io) => io === "page" || !feed).map((io) => ({ mode, io, cache, transport })),
    );
    return [
      ...floors.map((cache) =>
        page(cache === "default" ? "floor" : `floor ${cache}`, (phase) => floorJob(plan, phase, { transport, cache }), {
          transport,
        }),
      ),
      ...settings.map((setting) =>
        page(
          "webhoist",
          (phase) => (INSTALLING.includes(phase) ? installJob(plan, phase, setting) : resolveJob(plan, setting)),
          setting,
        ),
      ),
    ];
  });
}

/** Returns all contenders of one project: the pages, then the peers. */
export async function lineUp(stage: Stage, project: BenchProject): Promise<Contender[]> {
  const { options, place, tools } = stage;
  const [first = "h1"] = options.transports;
  const plan = await planOf(stage, project, first);
  const { phases, asks, freight } = plan;
  const tarballs = freight?.asks ?? [];
  await stage.load(tarballs.map(({ path }) => path));
  const feed = options.feed === "memory" ? await stage.feed([...asks, ...tarballs], stage.registry(first)) : null;
  const peers = options.peers.map((name) => {
    const label = {
      project: project.name,
      feed: options.feed,
      who: name,
      mode: null,
      transport: "h1" as const,
      io: null,
    };
    const { folder } = place;
    return new PeerContender({
      ...{ label, name, tools, folder, project, phases, lock: freight?.lock, registry: stage.registry("h1") },
    });
  });
  return [...pagesOf(plan, feed), ...peers];
}
