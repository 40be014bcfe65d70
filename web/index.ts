export type { FileMap, Platform } from "../src/api/common.ts";
export type { ErrorCode } from "../src/api/error-code.ts";
export type { Failure, PathStep, WayOut } from "../src/api/failure.ts";
export type {
  ImportMap,
  ImportMapOptions,
  ImportProvider,
  Missing,
  PrereleaseMode,
  Proof,
  ProofFact,
  ProofReference,
  ProofStep,
  ProofTerm,
  ResolutionMode,
  Rung,
  SolverStats,
} from "../src/api/flat.ts";
export type {
  AfterExtract,
  FileStat,
  InstalledProject,
  InstallInput,
  InstallOptions,
  InstallProgress,
  InstallReport,
  InstallScripts,
  NodeResolveOptions,
  Operation,
  OperationKind,
  OperationState,
  SkippedPackage,
  UnpackLimits,
} from "../src/api/install.ts";
export type {
  DependencyType,
  Installer,
  InstallerOptions,
  LockChange,
  MetadataForm,
  Mode,
  PackumentSummary,
  Progress,
  ProjectInput,
  Resolution,
  ResolutionStats,
  ResolveOptions,
  SaveType,
  StoreUsage,
  Tree,
  TreeEdge,
  TreeNode,
  Warning,
  WhyAnswer,
  WhyPath,
} from "../src/api/resolve.ts";
export type { FileSink, SinkLink } from "../src/api/sink.ts";
export { InstallError } from "../src/errors/failure.ts";
export { DEFAULT_PLATFORM } from "../workers/host/default-platform.ts";
export { createInstaller } from "./installer.ts";
