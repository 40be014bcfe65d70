import { arch, env, platform, report, versions } from "node:process";
import type { Platform } from "../../src/api/common.ts";

/** The running machine. npm's version is known only under npm: else the library's default stands. */
export function runningPlatform(): Partial<Platform> {
  const npm = /(?:^|\s)npm\/(\S+)/.exec(env["npm_config_user_agent"] ?? "")?.[1];
  return { os: platform, cpu: arch, node: versions.node, ...(npm ? { npm } : {}), ...libc() };
}

/** As npm tells them apart: glibc reports its version, musl shows in the shared objects. */
function libc(): { libc?: string } {
  if (platform !== "linux") return {};
  // The report would look up the names of open sockets, which takes seconds on some networks.
  Object.assign(report ?? {}, { excludeNetwork: true });
  const { header, sharedObjects } = (report?.getReport() ?? {}) as {
    header?: { glibcVersionRuntime?: string };
    sharedObjects?: string[];
  };
  if (header?.glibcVersionRuntime) return { libc: "glibc" };
  return sharedObjects?.some((path) => /libc\.musl-|ld-musl-/.test(path)) ? { libc: "musl" } : {};
}
