import type { Platform } from "../../src/api/common.ts";
import type { Installer, InstallerOptions } from "../../src/api/resolve.ts";
import { type Args, usage } from "./args.ts";
import { resolveProgressText } from "./output-text.ts";

/** The parts of the process that the command uses. Tests pass their own. */
export interface Io {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  platform: Partial<Platform>;
  signal: AbortSignal;
  version: string;
  out(text: string): void;
  err(text: string): void;
  /** Shows a progress line in place of the one before. Undefined if stderr is not a terminal. */
  status?: (text: string) => void;
  createInstaller(options: InstallerOptions): Promise<Installer>;
}

/** Returns the options of the installer: everything runs in this process, once. @throws InstallError EUSAGE */
export function installerOptions(flags: Args["flags"], io: Io): InstallerOptions {
  const text = (name: string): string | undefined => flags.get(name) as string | undefined;
  const node = text("node-version")?.replace(/^v/, "");
  const npm = text("npm-version")?.replace(/^v/, "");
  const registry = text("registry");
  const token = tokenFor(registry, text("token-env"), io.env);
  return {
    mode: "inline",
    // The process ends after one run: a cache in memory would be of no use.
    cache: "none",
    platform: { ...io.platform, ...(node ? { node } : {}), ...(npm ? { npm } : {}) },
    ...(registry ? { registry } : {}),
    ...(token ? { token } : {}),
    ...projectConfigOf(flags),
    ...npmrcEnv(flags, io.env),
    ...(flags.get("metadata") === "full" ? { metadata: "full" } : {}),
    ...(io.status ? { onProgress: (progress): void => io.status?.(resolveProgressText(progress)) } : {}),
  };
}

function projectConfigOf(flags: Args["flags"]): Pick<InstallerOptions, "projectConfig"> {
  if (flags.get("no-project-config")) return { projectConfig: false };
  const keys = flags.get("project-config");
  return Array.isArray(keys) ? { projectConfig: keys } : {};
}

/** Returns the environment variables that the command line names. */
function npmrcEnv(flags: Args["flags"], env: Io["env"]): Pick<InstallerOptions, "env"> {
  const names = flags.get("npmrc-env");
  if (!Array.isArray(names)) return {};
  return { env: Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))) };
}

/** Returns a `token` option with the variable's value. It goes to `--registry` only. @throws InstallError EUSAGE */
function tokenFor(registry: string | undefined, name: string | undefined, env: Io["env"]): InstallerOptions["token"] {
  if (registry === undefined || name === undefined) return undefined;
  const value = env[name];
  if (!value)
    usage(
      `The environment variable ${name} is empty or not set.`,
      `Set ${name} to the token, or leave out --token-env.`,
    );
  return () => value;
}
