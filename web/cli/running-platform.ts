import { arch, env, platform, report, versions } from "node:process";
import type { Platform } from "../../src/api/common.ts";

/** Returns the platform of this process. The npm version is known only if npm started it; otherwise the library's default applies. */
export function runningPlatform(): Partial<Platform> {
  const npm = /(?:^|\s)npm\/(\S+)/.exec(env["npm_config_user_agent"] ?? "")?.[1];
  return { os: platform, cpu: arch, node: versions.node, ...(npm ? { npm } : {}), ...libc() };
}

/** Detects the C library as npm does: glibc reports its version, musl appears among the shared objects. */
function libc(): { libc?: string } {
  if (platform !== "linux") return {};
  // Without this, the report resolves the host names of open sockets, which takes seconds on some networks.
  Object.assign(report ?? {}, { excludeNetwork: true });
  const { header, sharedObjects } = (report?.getReport() ?? {}) as {
    header?: { glibcVersionRuntime?: string };
    sharedObjects?: string[];
  };
  if (header?.glibcVersionRuntime) return { libc: "glibc" };
  return sharedObjects?.some((path) => /libc\.musl-|ld-musl-/.test(path)) ? { libc: "musl" } : {};
}
