import { Browser } from "./browser.ts";
import { type Contender, PageContender, PeerContender } from "./contenders.ts";
import type { InstallerSettings, PageJob } from "./page-protocol.ts";
import type { BenchProject } from "./projects.ts";
import type { FeedIndex, LoggedAsk, Transport } from "./registry-protocol.ts";
import type { Stage } from "./stage.ts";
import { visit } from "./visit.ts";

/** What one of a project's pages is: which thread resolves, which one fetches, over which protocol. */
interface Setting {
  mode: string;
  io: string;
  cache: string;
  transport: Transport;
}

function resolveJob(stage: Stage, project: BenchProject, setting: Setting): PageJob {
  const { metadata, concurrency } = stage.options;
  const { mode, io, cache, transport } = setting;
  const installer: InstallerSettings = {
    ...{ registry: stage.registry(transport).url, mode, cache, metadata, concurrency, platform: project.platform },
    ...(io === "page" ? {} : { io }),
  };
  const { name, files, options } = project;
  return { kind: "resolve", installer, project: { name, files }, options };
}

/** What the engine asks for, from the registry's own log of a first run. It fails when that run does. */
async function asksOf(stage: Stage, project: BenchProject, transport: Transport): Promise<LoggedAsk[]> {
  const job = resolveJob(stage, project, { mode: "inline", io: "page", cache: "none", transport });
  await using browser = new Browser(stage.browser);
  const registry = stage.registry(transport);
  const { log } = await visit(browser, { url: stage.site.url, job, feed: null, registry }, 0);
  return log.asks.filter(({ method }) => method === "GET");
}

/** All who take part for one project: for each protocol the floor and the modes, then the peers. */
export async function lineUp(stage: Stage, project: BenchProject): Promise<Contender[]> {
  const { options, site, place, tools, browser } = stage;
  const { transports, modes, ios, peers, phases, floor, concurrency, cache } = options;
  const [first = "h1"] = transports;
  const asks = await asksOf(stage, project, first);
  const inMemory = options.feed === "memory";
  const feed: FeedIndex | null = inMemory ? await stage.feed(asks, stage.registry(first)) : null;
  const common = { project: project.name, feed: options.feed };

  const page = (who: string, job: PageJob, { mode, io, transport }: Partial<Setting> & { transport: Transport }) =>
    new PageContender({
      label: { ...common, who, mode: mode ?? null, transport: inMemory ? null : transport, io: io ?? null },
      visit: { url: site.url, job, feed, registry: stage.registry(transport) },
      ...{ project, options, browser, asks },
    });
  const pages = (inMemory ? [first] : transports).flatMap((transport) => {
    const bare: PageJob = { kind: "floor", registry: stage.registry(transport).url, asks, inFlight: concurrency };
    // A fetch of the embedder's own stays on the page.
    const settings = modes.flatMap((mode) =>
      ios.filter((io) => io === "page" || !inMemory).map((io) => ({ mode, io, cache, transport })),
    );
    return [
      ...(floor ? [page("floor", bare, { transport })] : []),
      ...settings.map((setting) => page("webhoist", resolveJob(stage, project, setting), setting)),
    ];
  });
  const natives = peers.map((name) => {
    const label = { ...common, who: name, mode: null, transport: "h1" as const, io: null };
    return new PeerContender({
      label,
      name,
      tools,
      folder: place.folder,
      project,
      phases,
      registry: stage.registry("h1"),
    });
  });
  return [...pages, ...natives];
}
