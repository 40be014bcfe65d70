import type { Outcome } from "../src/errors.ts";
import type { Asked } from "../src/ideal/drive.ts";
import type { Answer, OpenedTarball } from "../src/ideal/need.ts";
import { PackumentSource } from "../src/registry/packument-source.ts";
import type { Net } from "./net/net.ts";
import type { Pantry } from "./pantry.ts";
import { planOf, startPreload } from "./plan.ts";
import type { Errand, Supply } from "./supply.ts";
import { Breather } from "./yield.ts";

/** Everything on this thread but perhaps the fetching: the preload beside the engine, one way to the registry for both. */
export function localSupply(errand: Errand, net: Net, pantry: Pantry | undefined): Supply {
  const { project, config, metadata, signal } = errand;
  const larder = pantry?.larder({ ...errand, namespace: net.namespace });
  const source = new PackumentSource({ transport: net, config, metadata, signal, larder });
  const preload = startPreload(planOf(project), source, project.context.options.policyFor);
  const breather = new Breather();
  return {
    metadata,
    answer: async (need) => await answer(need, source, errand),
    peek: (need) => (need.kind === "packument" ? source.peek(need.key) : undefined),
    breathe: () => breather.breathe(),
    manifest: (name, version) => source.manifest(name, version),
    missing: async () => {
      await preload.quiet();
      return [...(larder?.missing ?? [])].sort();
    },
    counts: () => ({ ...source.counts, manifestsParsed: source.manifestsParsed, messages: net.messages ?? 0 }),
    settle: () => preload.stop(),
    dispose: () => {
      preload.stop();
      net.dispose();
      larder?.close();
    },
  };
}

async function answer(need: Asked, source: PackumentSource, errand: Errand): Promise<Answer> {
  switch (need.kind) {
    case "packument":
      return await source.packument(need.key);
    case "tarball":
      return await openTarball(need, source, errand);
    default:
      return need satisfies never;
  }
}

async function openTarball(
  need: Asked & { kind: "tarball" },
  source: PackumentSource,
  { project }: Errand,
): Promise<Outcome<OpenedTarball>> {
  const { name, key, integrity } = need;
  const bytes = key.startsWith("file:") ? project.tarball(key.slice(5), name) : await source.tarball(name, key);
  if (!bytes.ok) return bytes;
  const { openPackage } = await import("./tarball.ts");
  return await openPackage(bytes.value, { name, url: key, integrity });
}
