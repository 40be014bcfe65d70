import type { Failure } from "../../src/api/failure.ts";
import type { InstallerOptions, MetadataForm, ProjectInput, ResolveOptions } from "../../src/api/resolve.ts";
import { trimSlashes } from "../../src/base/posix-path.ts";
import { readProject } from "../../src/engine/read-project.ts";
import { failure } from "../../src/errors/failure.ts";
import { needsFullMetadata } from "../../src/errors/packages.ts";
import { loadNpmrc, withNpmrc } from "../../src/registry/npmrc.ts";
import { registryConfig } from "../../src/registry/registry-config.ts";
import { withDateLimit } from "../../src/registry/release-age.ts";
import { npmRules, unknownNpm } from "../../src/spec/npm-rules.ts";
import { DEFAULT_PLATFORM } from "../host/default-platform.ts";
import { nextTurn } from "../host/yield.ts";
import { Stopwatch } from "./stopwatch.ts";
import type { SupplyRequest } from "./supply.ts";

/** The installer options that a run uses: plain data, which can be sent to a worker. */
export type RunSettings = Pick<
  InstallerOptions,
  "registry" | "scopes" | "tokenUrls" | "metadata" | "platform" | "cache" | "projectConfig" | "env"
> & {
  /** Base URLs of registries whose abbreviated form lacks fields of the full one. */
  fullRegistries?: readonly string[];
};

export interface RunInput {
  settings: RunSettings;
  input: ProjectInput;
  options: ResolveOptions;
  signal: AbortSignal;
}

/** A run whose project has been read, so that a supply can be opened for it. */
export interface PreparedRun extends SupplyRequest {
  /** Warnings so far; `warn` adds to them. */
  readonly warnings: readonly Failure[];
  readonly stopwatch: Stopwatch;
}

/**
 * Prepares a run, on whichever thread it is:
 *
 * 1. Reads the project's .npmrc and adds its settings to the options.
 * 2. Reads the project: package.json, workspaces and lock (src/engine/read-project.ts).
 * 3. Decides which registries and which form of metadata the run uses. A date limit needs full metadata.
 *
 * @throws InstallError if the project or an option is invalid; the signal's reason if it has aborted
 */
export async function prepareRun({ settings, input, options: given, signal }: RunInput): Promise<PreparedRun> {
  signal.throwIfAborted();
  const stopwatch = new Stopwatch();
  const platform = { ...DEFAULT_PLATFORM, ...settings.platform };
  const { strictNpmrc } = given;
  const npmrc = await loadNpmrc(npmrcText(input), { ...settings, strictNpmrc, npmRules: npmRules(platform.npm) });
  const options = withDateLimit(withNpmrc(npmrc, given), Date.now());
  const pause = async (): Promise<void> => {
    await nextTurn();
    signal.throwIfAborted();
  };
  const project = await readProject({ ...input, options, platform, pause });
  const config = registryConfig(settings, npmrc, options.replaceRegistryHost);
  const warnings: Failure[] = [...npmrc.warnings];
  const warn = (warning: Failure): void => void warnings.push(warning);
  const unknown = unknownNpm(platform.npm);
  if (unknown) {
    warn(
      failure(
        "ENPMVERSION",
        `platform.npm is ${platform.npm}, ${unknown} than the versions of npm whose rules are known. The rules of the nearest one hold.`,
      ),
    );
  }
  const { metadata: asked = "abbreviated", cache = "default" } = settings;
  const used = [config.registry, ...config.scopes.values()];
  const lacking = settings.fullRegistries?.find((url) => used.includes(url));
  const metadata: MetadataForm = project.options.before || lacking ? "full" : asked;
  if (metadata !== asked) {
    const why = project.options.before
      ? "a date limit needs the publish times of versions"
      : `the abbreviated metadata of ${lacking} lacks fields that the tree may depend on`;
    warn(needsFullMetadata(why));
  }
  return { project, config, metadata, cache, signal, warn, warnings, stopwatch };
}

function npmrcText({ files, root }: ProjectInput): string {
  const text = files[`${root ? `${trimSlashes(root.replace(/^\.?\/+/, ""))}/` : ""}.npmrc`];
  return typeof text === "string" ? text : text ? new TextDecoder().decode(text) : "";
}
