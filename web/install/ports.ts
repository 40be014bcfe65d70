import type { InstallOptions } from "../../src/api/install.ts";
import type { InstallerOptions } from "../../src/api/resolve.ts";
import type { FileSink, SinkLink } from "../../src/api/sink.ts";
import { invalidOption } from "../../src/errors/invalid-option.ts";
import type { Extractor } from "../../src/install/extractor.ts";
import type { InstallPorts } from "../../src/install/install-ports.ts";
import { UNPACK_LIMITS } from "../../src/tarball/unpack-limits.ts";
import { PLATFORM_TOOLS } from "../../workers/host/platform-tools.ts";
import { nextTurn } from "../../workers/host/yield.ts";

/** In bytes. */
const MEBIBYTE = 1 << 20;

/** Concurrent downloads in a browser, and elsewhere. */
const DOWNLOADS = { browser: 64, other: 16 };

type Services = Pick<InstallPorts, "downloads" | "packCache" | "progress" | "shared"> & {
  readonly extractor: Extractor & { readonly atOnce: number };
};

/** Builds the ports of one install. */
export function installPorts(installer: InstallerOptions, options: InstallOptions, services: Services): InstallPorts {
  const isBrowser = "document" in globalThis || "importScripts" in globalThis;
  const { tarballConcurrency = isBrowser ? DOWNLOADS.browser : DOWNLOADS.other } = installer;
  return {
    ...services,
    limits: {
      // Zero or NaN would wait forever.
      downloads: Math.max(1, tarballConcurrency || 1),
      extractions: services.extractor.atOnce,
      backlog: 32 * MEBIBYTE,
      writes: 8,
      archiveBytes: 64 * MEBIBYTE,
    },
    unpack: { ...UNPACK_LIMITS, ...options.limits },
    now: () => performance.now(),
    startTimer: PLATFORM_TOOLS.after,
    nextTurn,
    toSink: (sink) => toSink(sink, options.sinkTimeout),
  };
}

/** @throws InstallError EINVALIDOPTION */
async function toSink(sink: FileSink | Map<string, Uint8Array | SinkLink>, timeout?: number): Promise<FileSink> {
  if (sink instanceof Map) {
    const { createMapSink } = await import("../../src/sink/map-sink.ts");
    const { open } = createMapSink(sink);
    return { open: () => open({ nextTurn }) };
  }
  if (typeof sink?.open === "function") return (await import("./timed-sink.ts")).timedSink(sink, timeout);
  throw invalidOption("options.sink must be a Map, or a sink with a method `open`.");
}
