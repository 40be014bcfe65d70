// Loaded on demand: when a call has options.

import type { Platform } from "../../src/api/common.ts";
import type { InstallOptions, UnpackLimits } from "../../src/api/install.ts";
import type { InstallerOptions, ResolveOptions } from "../../src/api/resolve.ts";
import { fits, type OptionRules, type RulesOf } from "../../src/base/option-rules.ts";

const NAMES = { os: "text", cpu: "text", libc: "text" } as const;
const PLATFORM: RulesOf<Platform> = { ...NAMES, node: "version", npm: "version" };
const MODES = ["auto", "threads", "worker", "inline"];
const SOURCES = ["all", "root", "none"];

const INSTALLER: RulesOf<InstallerOptions> = {
  registry: "url",
  scopes: "scopes",
  token: "function",
  tokenUrls: "urls",
  projectConfig: "listOrBoolean",
  env: "table",
  fetch: "function",
  metadata: ["full", "abbreviated"],
  mode: MODES,
  cache: ["default", "revalidate", "prefer-offline", "offline", "none"],
  storeName: "text",
  io: ["page", "worker"],
  workerUrl: "url",
  platform: PLATFORM,
  onProgress: "function",
  concurrency: "count",
  tarballConcurrency: "count",
  extractWorkers: "workers",
  timeout: "delay",
  deadline: "delay",
  minRate: "rate",
  packumentLimit: "positive",
  retries: "retries",
  proxy: "relay",
};

const RESOLVE: RulesOf<ResolveOptions> = {
  add: "texts",
  rm: "texts",
  update: "update",
  saveType: ["prod", "dev", "optional", "peer", "peerOptional"],
  saveBundle: "boolean",
  save: "boolean",
  savePrefix: "text",
  saveExact: "boolean",
  workspaces: "list",
  includeWorkspaceRoot: "boolean",
  legacyPeerDeps: "boolean",
  strictPeerDeps: "boolean",
  force: "boolean",
  preferDedupe: "boolean",
  installStrategy: ["hoisted", "nested", "shallow", "linked"],
  installLinks: "boolean",
  omit: "omit",
  before: "date",
  minReleaseAge: "age",
  minReleaseAgeExclude: "list",
  strictNpmrc: "boolean",
  engineStrict: "boolean",
  lockfileVersion: [1, 2, 3],
  omitLockfileRegistryResolved: "boolean",
  formatPackageLock: "boolean",
  allowUnusedPatches: "boolean",
  allowGit: SOURCES,
  allowRemote: SOURCES,
  allowFile: SOURCES,
  allowDirectory: SOURCES,
  replaceRegistryHost: "text",
  defaultTag: "text",
  ...NAMES,
  completeLockfile: "boolean",
  packageLock: "boolean",
  strategy: ["npm", "flat"],
  relax: ["none", "peers", "copies"],
  resolutionMode: ["highest", "lowest", "lowest-direct"],
  prereleases: ["as-written", "never", "if-necessary", "allow"],
  singletons: "list",
  solverLimit: "positive",
  signal: "signal",
};

/** `install` names these itself. */
const { signal: _signal, omit: _omit, os: _os, cpu: _cpu, libc: _libc, ...RESOLVE_OF_INSTALL } = RESOLVE;

const LIMITS: RulesOf<UnpackLimits> = {
  tarball: "positive",
  file: "positive",
  package: "positive",
  ratio: "positive",
  files: "positive",
};

const INSTALL: RulesOf<InstallOptions> = {
  sink: "sink",
  trustSink: "boolean",
  omit: "omit",
  platform: NAMES,
  substitutes: "tableOrBoolean",
  resolve: RESOLVE_OF_INSTALL,
  files: "object",
  limits: LIMITS,
  verifyStored: "boolean",
  ignorePatchFailures: "boolean",
  afterExtract: "function",
  afterExtractTimeout: "positive",
  sinkTimeout: "positive",
  signal: "signal",
  onProgress: "function",
};

/** @throws InstallError EINVALIDOPTION that names the option, what it must be, and what was meant */
export async function checkInstallerOptions(options: InstallerOptions): Promise<void> {
  await check(INSTALLER, options);
  // One of them makes the requests on the page, the other in a worker.
  if (options.fetch && options.io === "worker") throw (await refusals()).conflict("fetch", 'io: "worker"');
}

/** @throws InstallError as {@link checkInstallerOptions} */
export async function checkResolveOptions(options: ResolveOptions): Promise<void> {
  await check(RESOLVE, options);
}

/** @throws InstallError as {@link checkInstallerOptions} */
export async function checkInstallOptions(options: InstallOptions): Promise<void> {
  await check(typeof options.platform === "string" ? { ...INSTALL, platform: ["wasm"] } : INSTALL, options);
}

/** Checks options of which the signal is the only one. @throws InstallError as {@link checkInstallerOptions} */
export async function checkCallOptions(options: object): Promise<void> {
  await check({ signal: "signal" }, options);
}

async function check(rules: OptionRules, options: object): Promise<void> {
  if (!fits(rules, options)) throw (await refusals()).refusal(rules, options);
}

function refusals(): Promise<typeof import("../../src/base/refuse-option.ts")> {
  return import("../../src/base/refuse-option.ts");
}
