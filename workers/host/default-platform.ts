import type { Platform } from "../../src/api/common.ts";

/**
 * The machine that a lock is made for unless told otherwise: the same everywhere, so that everyone gets the same lock.
 * Node's and npm's versions decide which versions are picked (npm-tree §3.3).
 */
export const DEFAULT_PLATFORM: Platform = { os: "linux", cpu: "x64", libc: "glibc", node: "24.12.0", npm: "11.19.1" };
