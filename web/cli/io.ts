import type { Platform } from "../../src/api/common.ts";
import type { Installer, InstallerOptions } from "../../src/api/resolve.ts";
import { failure, InstallError } from "../../src/errors/failure.ts";
import type { Args } from "./args.ts";
import { progressText } from "./output-text.ts";

/** What the command is handed of the process it runs in. */
export interface Io {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  platform: Partial<Platform>;
  signal: AbortSignal;
  version: string;
  out(text: string): void;
  err(text: string): void;
  /** One line that the next one replaces: for a terminal only. */
  status?: (text: string) => void;
  createInstaller(options: InstallerOptions): Promise<Installer>;
}

/** For one run in this process. */
export function installerOptions(flags: Args["flags"], io: Io): InstallerOptions {
  const text = (name: string): string | undefined => flags.get(name) as string | undefined;
  const node = text("node-version")?.replace(/^v/, "");
  const npm = text("npm-version")?.replace(/^v/, "");
  const registry = text("registry");
  const token = tokenFor(registry, text("token-env"), io.env);
  return {
    mode: "inline",
    // One run, and then it ends.
    cache: "none",
    platform: { ...io.platform, ...(node ? { node } : {}), ...(npm ? { npm } : {}) },
    ...(registry ? { registry } : {}),
    ...(token ? { token } : {}),
    ...(flags.get("metadata") === "full" ? { metadata: "full" } : {}),
    ...(io.status ? { onProgress: (progress): void => io.status?.(progressText(progress)) } : {}),
  };
}

function tokenFor(registry: string | undefined, name: string | undefined, env: Io["env"]): InstallerOptions["token"] {
  if (registry === undefined || name === undefined) return undefined;
  const value = env[name];
  if (!value)
    throw new InstallError(failure("EUSAGE", `The environment has no ${name}: --token-env names a variable.`));
  const own = URL.canParse(registry) ? new URL(registry).origin : undefined;
  return (origin) => (origin === own ? value : undefined);
}
