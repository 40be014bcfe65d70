import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { drive, type ExternalNeed } from "../../src/engine/driver.ts";
import type { Answer } from "../../src/engine/need.ts";
import { readProject } from "../../src/engine/read-project.ts";
import { type WrittenProject, writeProject } from "../../src/engine/write-project.ts";
import { fail, failure, ok } from "../../src/errors/failure.ts";
import type { Node } from "../../src/graph/node.ts";
import { resolveTree } from "../../src/ideal/resolve.ts";
import { indexPackument } from "../../src/registry/condense.ts";
import type { Packument } from "../../src/registry/packument.ts";

const PLATFORM = { os: "linux", cpu: "x64", libc: "glibc", node: "20.20.2", npm: "11.19.1" };

/** Runs the engine alone over a recorded registry, without a transport and without the event loop. */
export class EngineRun {
  readonly #registry: string;
  readonly #bytes = new Map<string, Uint8Array>();
  #packuments = new Map<string, Packument>();
  readonly input: { text: string; name: string; expected: string; legacyPeerDeps: boolean; nested: boolean };

  constructor(registry: string, project: string) {
    this.#registry = registry;
    const at = (file: string): string => readFileSync(join(registry, "projects", project, file), "utf8");
    this.input = {
      text: at("package.json"),
      name: project,
      expected: at("package-lock.json"),
      legacyPeerDeps: project.endsWith("-legacy-peer-deps"),
      nested: project.endsWith("-nested"),
    };
  }

  /** Indexes all packuments again, so that a run finds nothing that an earlier one has parsed. */
  refresh(): void {
    this.#packuments = new Map([...this.#bytes].map(([name, bytes]) => [name, indexPackument(name, bytes)]));
  }

  /** Packages requested so far. */
  names(): string[] {
    return [...this.#bytes.keys()];
  }

  /** Decodes and parses the same documents whole, as a resolver without an index would. Returns milliseconds. */
  parseAll(): number {
    const decoder = new TextDecoder();
    const start = performance.now();
    for (const bytes of this.#bytes.values()) JSON.parse(decoder.decode(bytes));
    return performance.now() - start;
  }

  async run(): Promise<{
    resolved: WrittenProject;
    inventory: ReadonlyMap<string, Node>;
    nodes: number;
    steps: number;
  }> {
    const { text, name, legacyPeerDeps, nested } = this.input;
    const options = { legacyPeerDeps, ...(nested ? { installStrategy: "nested" as const } : {}) };
    const project = await readProject({ files: { "package.json": text }, name, options, platform: PLATFORM });
    const peek = (need: ExternalNeed): Answer => this.#answer(need);
    const host = { peek, answer: async (need: ExternalNeed) => peek(need), breathe: () => undefined };
    await drive(resolveTree(project), host);
    const resolved = await drive(writeProject(project), host);
    const { tree, specTable } = project.context;
    return { resolved, inventory: tree.inventory, nodes: tree.inventory.size - 1, steps: specTable.budget.steps };
  }

  #answer(need: ExternalNeed): Answer {
    const name = need.key;
    if (need.kind !== "packument") return fail(failure("EUNSUPPORTED", `${need.kind} ${name}`));
    const known = this.#packuments.get(name);
    if (known) return ok(known);
    try {
      const file = join(this.#registry, "snapshot/packuments", `${name.replace("/", "+")}.json.gz`);
      const bytes = new Uint8Array(gunzipSync(readFileSync(file)));
      this.#bytes.set(name, bytes);
      const packument = indexPackument(name, bytes);
      this.#packuments.set(name, packument);
      return ok(packument);
    } catch {
      return fail(failure("E404", name, { package: name }));
    }
  }
}
