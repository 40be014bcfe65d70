import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { InstalledProject, InstallOptions } from "../../../src/api/install.ts";
import type {
  Installer,
  InstallerOptions,
  ProjectInput,
  Resolution,
  ResolveOptions,
} from "../../../src/api/resolve.ts";
import type { Io } from "../../../web/cli/io.ts";
import { runCommand } from "../../../web/cli/run-command.ts";
import { createInstaller } from "../../../web/index.ts";
import { memoryRegistry } from "../../support/registry/memory-fetch.ts";
import { inlineSnapshot } from "../../support/registry/snapshot.ts";

/** Creates a temporary folder with these files. It is deleted when the test ends. */
export function folder(files: Readonly<Record<string, string | object>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), "webhoist-cli-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
  }
  return path;
}

/** Returns every file below a folder with its text. */
export function contents(path: string): Record<string, string> {
  const names = (readdirSync(path, { recursive: true, withFileTypes: true }) ?? []).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [file.slice(path.length + 1), readFileSync(file, "utf8")];
    }),
  );
}

export interface CommandResult {
  status: number;
  out: string;
  err: string;
}

/** Runs a command line in this process. */
export async function webhoist(argv: readonly string[], io: Partial<Io> = {}): Promise<CommandResult> {
  const ran = { out: "", err: "" };
  const status = await runCommand(argv, {
    cwd: "/",
    env: {},
    platform: { os: "linux", cpu: "x64", libc: "glibc", node: "20.20.2", npm: "11.19.1" },
    signal: new AbortController().signal,
    version: "1.2.3",
    out: (text) => {
      ran.out += text;
    },
    err: (text) => {
      ran.err += text;
    },
    createInstaller: smallInstaller,
    ...io,
  });
  return { status, ...ran };
}

const version = (name: string, version: string, more: object = {}): object => ({
  name,
  version,
  license: "MIT",
  dist: { tarball: `http://registry.local/${name}/-/${name}-${version}.tgz`, integrity: "sha512-AAAA" },
  ...more,
});

function packument(name: string, ...versions: (readonly [string, object?])[]): object {
  return {
    name,
    "dist-tags": { latest: versions.at(-1)![0] },
    versions: Object.fromEntries(versions.map(([v, more]) => [v, version(name, v, more)])),
    time: Object.fromEntries(versions.map(([v], i) => [v, `202${i}-01-01T00:00:00.000Z`])),
  };
}

/** A small registry: debug depends on ms, and plugin has host ^2 as a peer. */
export const snapshot: ReturnType<typeof inlineSnapshot> = inlineSnapshot({
  ms: packument("ms", ["1.0.0"], ["2.0.0"], ["2.1.3"]),
  debug: packument("debug", ["4.3.4", { dependencies: { ms: "2.0.0" } }]),
  host: packument("host", ["1.0.0"], ["2.0.0"]),
  plugin: packument("plugin", ["1.0.0", { peerDependencies: { host: "^2.0.0" } }]),
});

/** Creates the library's own installer over the small registry. */
export async function smallInstaller(options: InstallerOptions): Promise<Installer> {
  return createInstaller({ registry: "http://registry.local/", ...options, fetch: memoryRegistry(snapshot).fetch });
}

export interface Asked {
  installer: InstallerOptions;
  project: ProjectInput;
  options: ResolveOptions;
}

/** Returns an installer that records its calls and answers each with `files`. `more` are further fields of the resolution. */
export function recordingInstaller(
  files: Record<string, string> = {},
  more: Partial<Resolution> = {},
): { asked: Asked[]; installs: Installs[]; createInstaller: Io["createInstaller"] } {
  const asked: Asked[] = [];
  const installs: Installs[] = [];
  const resolution = {
    files,
    tree: { nodes: [] },
    warnings: [],
    stats: { requests: 0, bytes: 0, milliseconds: { total: 12 } },
    rung: null,
    versions: {},
    why: () => [],
    diff: () => [],
    ...more,
  } as unknown as Resolution;
  return {
    asked,
    installs,
    createInstaller: async (installer) => ({
      mode: "inline",
      modeReason: "",
      resolve: async (project, options = {}) => {
        asked.push({ installer, project, options });
        return resolution;
      },
      packument: () => Promise.reject(new Error("not asked for")),
      install: async (_project, options = {}) => {
        const installed = { resolution, dispose: () => {} } as unknown as InstalledProject;
        installs.push({ options, installed });
        return installed;
      },
      store: { usage: async () => ({ bytes: 0, packuments: 0, packBytes: 0, packs: 0 }), clear: async () => {} },
      dispose: () => {},
    }),
  };
}

export interface Installs {
  options: InstallOptions;
  installed: InstalledProject;
}
