export type * from "./api.ts";
export { type Failure, failure, InstallError, type Outcome, type PathStep, type WayOut } from "./errors.ts";
export { explain } from "./explain/explain.ts";
export { explainWhy } from "./explain/why.ts";
export type * from "./flat-api.ts";
export type * from "./ports.ts";
