export type * from "./api/common.ts";
export type { ErrorCode } from "./api/error-code.ts";
export type { Failure, PathStep, WayOut } from "./api/failure.ts";
export type * from "./api/flat.ts";
export type * from "./api/resolve.ts";
export { failure, InstallError, type Outcome } from "./errors/failure.ts";
export { explain } from "./explain/explain.ts";
export { explainWhy } from "./explain/why.ts";
