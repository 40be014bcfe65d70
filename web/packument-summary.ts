// Loaded on demand: at the first call of `packument`.

import type { InstallerOptions, PackumentSummary } from "../src/api/resolve.ts";
import { InstallError } from "../src/errors/failure.ts";
import { asText } from "../src/errors/invalid-option.ts";
import { PackumentSource } from "../src/registry/packument-source.ts";
import { registryConfig } from "../src/registry/registry-config.ts";
import { createFetchTransport } from "../workers/net/fetch-transport.ts";

/** Returns a package's versions and dist-tags. @throws InstallError, or the signal's reason */
export async function summarise(
  name: string,
  options: InstallerOptions,
  signal: AbortSignal,
): Promise<PackumentSummary> {
  const config = registryConfig(options);
  asText(name, "name");
  const transport = createFetchTransport({ ...options, registry: config.registry });
  try {
    const metadata = options.metadata ?? "abbreviated";
    const outcome = await new PackumentSource({ transport, config, metadata, signal }).packument(name);
    signal.throwIfAborted();
    if (!outcome.ok) throw new InstallError(outcome.failure);
    const { distTags } = outcome.value;
    return { name, versions: [...outcome.value.versionKeys()], distTags: Object.fromEntries(distTags) };
  } finally {
    transport.dispose();
  }
}
