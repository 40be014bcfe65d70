// The wording of failures and warnings, in one piece that is loaded only when there is something to say.
export { peerSetConflict, placementConflict } from "./conflict.ts";
export * from "./problems.ts";
