import { dirname, relative } from "node:path";
import { InstallError } from "../../src/errors/failure.ts";
import type { InstallPlan, PlanOptions } from "../../src/install/plan.ts";
import { planFromLock } from "../../src/install/read-plan.ts";
import { registryConfig } from "../../src/registry/registry-config.ts";

/** What npm-answers.mjs recorded. */
export interface Answer {
  options: { omit?: PlanOptions["omit"]; os?: string; cpu?: string; libc?: string };
  error?: string;
  /** Of packages below a `node_modules`. */
  folders: string[];
  /** Path to what the link says. */
  links: Record<string, string>;
  hiddenLock: string | null;
}

/** The machine that npm ran on. */
export const LINUX = { os: "linux", cpu: "x64", libc: "glibc", node: "20.20.2", npm: "11.19.1" };

export function planLike({ omit, ...forced }: Answer["options"], lock: string): InstallPlan {
  const platform = { ...LINUX, ...forced };
  return planFromLock(lock, { omit, platform, running: LINUX, registry: registryConfig({}) });
}

/** The plan as a disk would show it, less the commands whose file is not there: no plan can know that. */
export function shown({ packages, bundled, links }: InstallPlan): Pick<Answer, "folders" | "links"> {
  const present = links.filter(({ to }) => !to.includes("missing"));
  return {
    folders: [...packages, ...bundled].map(({ location }) => location).sort(),
    links: Object.fromEntries(present.map(({ path, to }) => [path, relative(dirname(path), to)])),
  };
}

export function codeOf(work: () => unknown): string {
  try {
    work();
    return "";
  } catch (error) {
    if (error instanceof InstallError) return error.code;
    throw error;
  }
}

/** A lock of version 3 with these entries. */
export function lockOf(packages: Record<string, unknown>, root: Record<string, unknown> = {}): string {
  return JSON.stringify({ name: "p", lockfileVersion: 3, requires: true, packages: { "": root, ...packages } });
}
