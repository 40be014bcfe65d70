// The page of the soak test, and, imported first, the beginning of each of its workers. It defines the global `soak`.

import type { InstalledProject } from "../../src/api/install.ts";
import type { Installer, InstallerOptions, Resolution, ResolveOptions } from "../../src/api/resolve.ts";
import { countLive, type LiveCounts } from "../support/live-counts.ts";

export interface SoakJob {
  installer: InstallerOptions;
  manifest: string;
  options: ResolveOptions;
}

/** The counts of the page and of each of its workers. */
export type SoakCounts = readonly LiveCounts[];

export interface SoakPage {
  start(job: SoakJob): Promise<void>;
  /** Makes edits, and an install after every so many; 0: none. Returns the number of warnings. */
  edit(from: number, to: number, every: number): Promise<number>;
  /** Collects garbage in every thread, and counts what remains. */
  counts(): Promise<SoakCounts>;
  end(): Promise<SoakCounts>;
}

interface Library {
  createInstaller(options: InstallerOptions): Promise<Installer>;
}

const CHANNEL = "soak";
/** Milliseconds in which every worker answers. */
const ANSWER = 300;

// Its own URLs are not counted.
const createUrl = URL.createObjectURL.bind(URL);
const live = countLive();
const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});

if (typeof document === "undefined") answerCounts();
else Object.assign(globalThis, { soak: soakPage() });

/** Answers the page's question for counts, in a worker. */
function answerCounts(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => {
    if (data !== "count") return;
    collect();
    const counts = live();
    channel.postMessage({ ...counts, channels: counts.channels - 1 });
  };
}

/** Lets every worker import this file first. */
function prefixWorkers(): void {
  globalThis.Worker = new Proxy(globalThis.Worker, {
    construct(target, [url, options]: [string | URL, WorkerOptions?]) {
      if (options?.type !== "module") return Reflect.construct(target, [url, options]);
      const lines = [import.meta.url, String(url)].map((each) => `await import(${JSON.stringify(each)})`);
      const script = new Blob([lines.join(";")], { type: "text/javascript" });
      return Reflect.construct(target, [createUrl(script), options]);
    },
  });
}

/** Returns the manifest of an edit: another dependency is left out each time, and every other time none is. */
function edited(manifest: string, edit: number): string {
  const project = JSON.parse(manifest) as Record<string, Record<string, string>>;
  const names = ["dependencies", "devDependencies"].flatMap((field) =>
    Object.keys(project[field] ?? {}).map((name) => [field, name] as const),
  );
  const [field, name] = names[(edit >> 1) % Math.max(names.length, 1)] ?? ["", ""];
  if (edit % 2 === 1) delete project[field]?.[name];
  return JSON.stringify(project, null, 2);
}

function soakPage(): SoakPage {
  prefixWorkers();
  let job: SoakJob;
  let installer: Installer;
  let last: Resolution | undefined;
  let project: InstalledProject | undefined;

  async function install(): Promise<number> {
    if (!last) return 0;
    const next = await installer.install(last);
    const paths = next.paths();
    for (let i = 0; i < 50; i++) await next.readFile(paths[Math.floor((i * paths.length) / 50)] ?? "package.json");
    await next.stored;
    project?.dispose();
    project = next;
    return next.report.warnings.length;
  }

  async function counts(): Promise<SoakCounts> {
    const answers: LiveCounts[] = [];
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = ({ data }) => void answers.push(data);
    channel.postMessage("count");
    await new Promise((done) => setTimeout(done, ANSWER));
    channel.close();
    collect();
    return [live(), ...answers];
  }

  return {
    counts,
    async start(given) {
      job = given;
      const address = "/dist/index.js";
      const library: Library = await import(/* @vite-ignore */ address);
      installer = await library.createInstaller(job.installer);
    },
    async edit(from, to, every) {
      let warnings = 0;
      for (let i = from; i < to; i++) {
        const lock = last?.files["package-lock.json"];
        const files = { "package.json": edited(job.manifest, i), ...(lock && { "package-lock.json": lock }) };
        last = await installer.resolve({ files, name: "soak" }, job.options);
        if (i % every === 0) warnings += await install();
      }
      return warnings;
    },
    async end() {
      project?.dispose();
      installer.dispose();
      [project, last] = [undefined, undefined];
      // An idle pool writes its metadata before it ends.
      await new Promise((done) => setTimeout(done, 1_000));
      // Objects that a count has seen are not collected in the same task.
      await counts();
      return await counts();
    },
  };
}
