// Loaded on demand: to describe a failure or a warning of the engine.
export { peerSetConflict, placementConflict } from "./conflict.ts";
export * from "./problems.ts";
