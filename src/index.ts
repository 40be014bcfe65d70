export type * from "./api/common.ts";
export type * from "./api/flat.ts";
export type * from "./api/resolve.ts";
export { type Failure, failure, InstallError, type Outcome, type PathStep, type WayOut } from "./errors/failure.ts";
export { explain } from "./explain/explain.ts";
export { explainWhy } from "./explain/why.ts";
