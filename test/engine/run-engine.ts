import type { Answer, Need, Steps } from "../../src/engine/need.ts";
import { readProject } from "../../src/engine/read-project.ts";
import { writeProject } from "../../src/engine/write-project.ts";
import { fail, failure, ok } from "../../src/errors/failure.ts";
import { resolveTree } from "../../src/ideal/resolve.ts";
import { indexPackument } from "../../src/registry/condense.ts";
import type { Packument } from "../../src/registry/packument.ts";
import type { WorstProject } from "./worst-projects.ts";

const PLATFORM = { os: "linux", cpu: "x64", libc: "glibc", node: "20.20.2", npm: "11.19.1" };

/** Runs the engine alone, on packuments in memory. Calls `onNeed` wherever the engine lets other work run. */
export class TestEngine {
  readonly #packuments = new Map<string, Packument>();
  readonly #input: WorstProject;

  constructor(input: WorstProject) {
    this.#input = input;
    for (const [name, document] of input.documents)
      this.#packuments.set(name, indexPackument(name, new TextEncoder().encode(JSON.stringify(document))));
  }

  async run(onNeed: (phase: string) => void) {
    const { files, options = {} } = this.#input;
    onNeed("start");
    const project = await readProject({ files, name: "project", options, platform: PLATFORM });
    onNeed("read");
    await this.#drive(resolveTree(project), () => onNeed("resolve"));
    const written = await this.#drive(writeProject(project), () => onNeed("write"));
    return { project, written };
  }

  async #drive<T>(steps: Steps<T>, onNeed: () => void): Promise<T> {
    let step = steps.next(ok(undefined));
    while (!step.done) {
      onNeed();
      step = steps.next(await this.#answer(step.value));
    }
    onNeed();
    return step.value;
  }

  async #answer(need: Need): Promise<Answer> {
    if (need.kind === "code") return ok(await need.load());
    if (need.kind === "pause") return ok(undefined);
    const packument = need.kind === "packument" ? this.#packuments.get(need.key) : undefined;
    return packument ? ok(packument) : fail(failure("E404", `There is no ${need.key}.`, { package: need.key }));
  }
}
