import type { Machine } from "../registry/platform.ts";

/**
 * What a page passes for: `cpu` `wasm32` is what packages mark their WebAssembly builds with, and no native build fits it,
 * whatever its `os`. `os` is `linux`, which those who emulate Node in a page say: `["!win32"]` and lists of the usual systems
 * fit. Without `libc` no build for glibc or musl does.
 */
export const WASM_PLATFORM: Machine = { os: "linux", cpu: "wasm32", libc: undefined };
