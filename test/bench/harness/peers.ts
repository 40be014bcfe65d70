import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { npm } from "../../../scripts/npm-config.mjs";
import { INSTALLING, type Phase } from "./phases.ts";

/** A command that installs, or that only makes a lock. */
interface Command {
  program: string;
  args: string[];
  env?: Record<string, string>;
}

interface Where {
  /** Returns the path of a program that was installed for the benchmark. */
  bin(name: string): string;
  registry: string;
  /** The project's folder, which also holds the caches. */
  folder: string;
  task: "lock" | "install";
}

interface Peer {
  /** The package to install. Undefined for npm, which is the machine's own. */
  version?: string;
  lock: string;
  command(where: Where): Command;
}

/** npm's lock, which some peers also use. */
export const NPM_LOCK = "package-lock.json";

const only = (task: Where["task"], flag: string): string[] => (task === "lock" ? [flag] : []);

export type PeerName = "bun" | "pnpm" | "utoo" | "npm";

/** Native package managers: their versions, and how each makes a lock and installs from a registry and a cache of its own. */
export const PEERS: Record<PeerName, Peer> = {
  bun: {
    version: "1.4.5",
    lock: "bun.lock",
    command: ({ bin, registry, folder, task }) => ({
      program: bin("bun"),
      args: ["install", ...only(task, "--lockfile-only"), "--ignore-scripts", "--registry", registry],
      env: { BUN_INSTALL_CACHE_DIR: join(folder, ".cache") },
    }),
  },
  pnpm: {
    version: "12.21.0",
    lock: "pnpm-lock.yaml",
    command: ({ bin, registry, folder, task }) => ({
      program: bin("pnpm"),
      args: [
        ...["install", ...only(task, "--lockfile-only"), "--no-frozen-lockfile", "--ignore-scripts"],
        ...["--registry", registry],
        `--config.cache-dir=${join(folder, ".cache")}`,
        `--config.store-dir=${join(folder, ".cache-store")}`,
        // Otherwise it leaves out versions younger than a day, and requests full documents for their dates.
        "--config.minimum-release-age=0",
      ],
    }),
  },
  utoo: {
    version: "1.1.9",
    lock: NPM_LOCK,
    command: ({ bin, registry, folder, task }) => ({
      program: bin("utoo"),
      args:
        task === "lock" ? ["deps", "--registry", registry] : ["install", "--ignore-scripts", "--registry", registry],
      env: { HOME: folder },
    }),
  },
  npm: {
    lock: NPM_LOCK,
    command: ({ registry, folder, task }) => ({
      program: "npm",
      args: [
        ...["install", ...only(task, "--package-lock-only"), "--ignore-scripts", "--no-audit", "--no-fund"],
        ...["--registry", registry, "--cache", join(folder, ".cache")],
        ...["--userconfig", join(folder, ".user"), "--globalconfig", join(folder, ".global")],
      ],
    }),
  },
};

/** Milliseconds: longer than any of them needs. */
const PATIENCE = 600_000;

/** Installs the missing peers below `tools`, except npm. @throws Error if npm cannot install them */
export function installPeers(names: readonly PeerName[], tools: string): void {
  const wanted = names.filter((name) => PEERS[name].version && !existsSync(join(tools, "node_modules/.bin", name)));
  if (wanted.length === 0) return;
  mkdirSync(tools, { recursive: true });
  const dependencies = Object.fromEntries(
    Object.entries(PEERS).flatMap(([name, { version }]) =>
      version && (names.includes(name as PeerName) || existsSync(join(tools, "node_modules/.bin", name)))
        ? [[name, version]]
        : [],
    ),
  );
  writeFileSync(join(tools, "package.json"), JSON.stringify({ private: true, dependencies }));
  const { status } = npm(["install", "--no-audit", "--no-fund", "--silent"], { cwd: tools });
  if (status !== 0) throw new Error(`npm could not install ${wanted.join(", ")} in ${tools}`);
}

export interface PeerPlace {
  /** The folder in which the peers are installed. */
  tools: string;
  /** The parent of the project's folder. */
  folder: string;
  registry: string;
  files: Record<string, string>;
}

/** The result of one run. */
export interface PeerTimes {
  /** Wall-clock seconds of the whole command. */
  seconds: number;
  lockBytes: number;
  /** The number of files below `node_modules`, after an install. */
  files: number | null;
}

/** A project's folder in which a peer runs. It starts without a lock and with an empty cache. */
export class PeerRun implements Disposable {
  readonly #peer: Peer;
  readonly #where: Omit<Where, "task">;

  constructor(name: PeerName, { tools, folder: parent, registry, files }: PeerPlace) {
    this.#peer = PEERS[name];
    const folder = mkdtempSync(join(parent, `${name}-`));
    this.#where = { bin: (program) => join(tools, "node_modules/.bin", program), registry, folder };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  }

  /** The text of its lock. */
  get lock(): string {
    return readFileSync(this.#lockFile, "utf8");
  }

  /** Writes a lock, for an install. */
  lay(lock: string): void {
    writeFileSync(this.#lockFile, lock);
  }

  /** Runs a phase, without earlier installed files. Keeps a lock only to install from it. @throws Error with the end of the output */
  async run(phase: Phase): Promise<PeerTimes> {
    const { folder } = this.#where;
    const installs = INSTALLING.includes(phase);
    const modules = join(folder, "node_modules");
    if (!installs) rmSync(this.#lockFile, { force: true });
    rmSync(modules, { recursive: true, force: true });
    const { program, args, env } = this.#peer.command({ ...this.#where, task: installs ? "install" : "lock" });
    const start = performance.now();
    await finish(program, args, { cwd: folder, env: { ...ownEnvironment(), CI: "1", ...env } });
    const seconds = (performance.now() - start) / 1000;
    return { seconds, lockBytes: statSync(this.#lockFile).size, files: installs ? filesBelow(modules) : null };
  }

  get #lockFile(): string {
    return join(this.#where.folder, this.#peer.lock);
  }

  [Symbol.dispose](): void {
    rmSync(this.#where.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Counts files. Does not follow links. */
function filesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
}

/** Returns the environment without the variables of `npm run`, which would configure the peers. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
}

function finish(program: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...options,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: PATIENCE,
      shell: process.platform === "win32",
    });
    let said = "";
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-800);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ended with ${code}\n${said}`));
    });
  });
}
