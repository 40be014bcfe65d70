import type { InstallerOptions } from "../../src/api/resolve.ts";
import { openNets } from "../../workers/net/net.ts";
import type { InstallNets } from "./backend.ts";

/**
 * Opens access to the network for one install: the page's own, or with `io: "worker"` that of a new worker. The install disposes
 * of it.
 */
export async function openInstallNets(options: InstallerOptions): Promise<InstallNets> {
  if (options.io !== "worker") return { open: openNets(options) };
  const fetchChannel = await (await import("./fetch-channel.ts")).FetchChannel.start(options);
  return { ...(await fetchChannel.open()), dispose: () => fetchChannel.dispose() };
}
