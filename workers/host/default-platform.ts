import type { Platform } from "../../src/api/common.ts";

/**
 * The default platform of a resolution. It is the same everywhere, so that everyone gets the same lock. The versions of Node and npm
 * influence which versions are picked (npm-tree §3.3).
 */
export const DEFAULT_PLATFORM: Platform = { os: "linux", cpu: "x64", libc: "glibc", node: "24.22.3", npm: "12.2.2" };
