import type { InstallerOptions } from "../../src/api/resolve.ts";
import { openNets } from "../../workers/net/net.ts";
import type { Backend } from "./backend.ts";

/** The page's own way to the network, or with `io: "worker"` that of a worker: for one install, who ends it. */
export async function openInstallNets(options: InstallerOptions): ReturnType<Backend["nets"]> {
  if (options.io !== "worker") return { open: openNets(options) };
  const fetchChannel = await (await import("./fetch-channel.ts")).FetchChannel.start(options);
  return { ...(await fetchChannel.open()), dispose: () => fetchChannel.dispose() };
}
