import type { InstallOptions } from "../../src/api/install.ts";
import type { InstallerOptions } from "../../src/api/resolve.ts";
import type { PlanOptions } from "../../src/install/plan.ts";
import { WASM_PLATFORM } from "../../src/install/wasm-platform.ts";
import { DEFAULT_PLATFORM } from "../../workers/host/default-platform.ts";

/** Whose optional packages are installed, and what the others must fit: as npm has `--os`, `--cpu` and the machine it runs on. */
export function machinesOf(
  installer: InstallerOptions,
  { platform }: InstallOptions,
): Pick<PlanOptions, "platform" | "running"> {
  const running = { ...DEFAULT_PLATFORM, ...installer.platform };
  return { platform: { ...running, ...(platform === "wasm" ? WASM_PLATFORM : platform) }, running };
}
