export type { BundlerOptions } from "./bundlers/bundle.ts";
export { type EsbuildBuild, type EsbuildPlugin, esbuildPlugin } from "./bundlers/esbuild.ts";
export { type ResolveDetails, type ResolvedId, type RollupPlugin, rollupPlugin } from "./bundlers/rollup.ts";
