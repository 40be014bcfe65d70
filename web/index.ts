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
  Tree,
  TreeEdge,
  TreeNode,
  Warning,
  WhyAnswer,
  WhyPath,
} from "../src/api.ts";
export { type Failure, InstallError, type PathStep, type WayOut } from "../src/errors.ts";
export type { FileMap, Platform } from "../src/ports.ts";
export { DEFAULT_PLATFORM } from "../workers/platform.ts";
export { createInstaller } from "./installer.ts";
