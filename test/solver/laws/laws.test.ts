import { expect, test } from "vitest";
import { InstallError } from "../../../src/errors/failure.ts";
import { fakeRegistry } from "../../support/fake-registry.ts";
import { resolveIn } from "../../support/tree.ts";
import { LARGE, registryCases, SMALL } from "./arbitrary.ts";
import { type Choice, findChoice } from "./brute-force.ts";
import { checkChoice } from "./check-answer.ts";
import { type FlatAnswer, flatAnswer, OUT_OF_REACH, packageJson, refusalOf } from "./flat.ts";
import { type Check, hold, parts, runs } from "./hold.ts";
import { Model, ROOT } from "./model.ts";
import { type Project, publish, type RegistryCase, splitId, unpublish } from "./registry-case.ts";

// Laws that hold for every answer of the flat strategy, for random registries.

type Solved = Exclude<FlatAnswer, { proof: unknown } | string>;

const isSolved = (answer: FlatAnswer): answer is Solved => answer !== OUT_OF_REACH && "choice" in answer;

/** Compares two values. Returns a difference in two lines, or nothing. */
const same = (one: unknown, other: unknown, label: string): string[] => {
  // The failure of a request depends on the part that sent it.
  const [first, second] = [one, other].map((each) =>
    JSON.stringify(each, (key, value) => (key === "failure" ? 0 : value)),
  );
  return first === second ? [] : [`${label}: ${second}`, `instead of ${first}`];
};

/** Checks a law for solved registries, and that enough registries were solved. */
async function law(
  check: (registryCase: RegistryCase, answer: Solved, part: (of: number) => number) => Promise<string[]>,
  count: number,
): Promise<void> {
  let solved = 0;
  const checkSolved: Check = async (one, extra) => {
    const answer = await flatAnswer(one);
    if (!isSolved(answer)) return [];
    solved++;
    return check(one, answer, parts(extra));
  };
  await hold(registryCases(SMALL), checkSolved, count);
  await hold(registryCases(LARGE), checkSolved, Math.ceil(count / 40));
  expect(solved).toBeGreaterThan(count / 6);
}

const TIME = 3_600_000;

/** Resolves with the whole library: the local driver and a preload. `shuffle` is the seed of the order in which packuments arrive. */
async function resolveWithLibrary(one: RegistryCase, shuffle?: number): Promise<unknown> {
  const registry = fakeRegistry(one.packages, { tags: one.tags, ...(shuffle !== undefined && { shuffle }) });
  try {
    const { files } = await resolveIn(registry, { "package.json": packageJson(one) }, { strategy: "flat" });
    return { lock: files["package-lock.json"] };
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    return error.code === "ENOSOLUTION" ? refusalOf(error) : OUT_OF_REACH;
  }
}

test(
  "the order of arrival and the driver change neither the answer nor the proof",
  async () => {
    let proofs = 0;
    const check: Check = async (one, extra) => {
      const answer = await flatAnswer(one);
      if (!isSolved(answer)) proofs++;
      const expected = isSolved(answer) ? { lock: answer.lock } : answer;
      const others = await Promise.all([
        resolveWithLibrary(one),
        resolveWithLibrary(one, extra),
        resolveWithLibrary(one, extra + 1),
      ]);
      return others.flatMap((other, at) => same(expected, other, `order ${at}`));
    };
    await hold(registryCases(SMALL), check, Math.ceil(runs(100) / 20));
    await hold(registryCases(LARGE), check, Math.ceil(runs(100) / 200));
    expect(proofs).toBeGreaterThan(1);
  },
  TIME,
);

const SECTIONS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;

test(
  "a solvable project stays solvable if a dependency is removed",
  async () => {
    await law(
      async (one, _, part) => {
        const names = SECTIONS.flatMap((section) => Object.keys(one.project[section] ?? {}));
        const name = names[part(names.length)];
        const rest = SECTIONS.map((section) => {
          const others = Object.entries(one.project[section] ?? {}).filter(([each]) => each !== name);
          return [section, Object.fromEntries(others)] as const;
        });
        const project: Project = { ...one.project, ...Object.fromEntries(rest) };
        const left = await flatAnswer({ ...one, project });
        return isSolved(left) || left === OUT_OF_REACH ? [] : [`unsolvable without ${name}`];
      },
      Math.ceil(runs(100) / 5),
    );
  },
  TIME,
);

test(
  "unpublishing an unused version keeps a project solvable; unpublishing all of them keeps the answer",
  async () => {
    await law(
      async (one, { choice }, part) => {
        const used = new Set(choice.values());
        const unused = Object.keys(one.packages).filter((id) => !used.has(id));
        const drawn = unused[part(unused.length || 1)];
        const left = await flatAnswer(unpublish(one, (id) => id === drawn));
        const bare = await flatAnswer(unpublish(one, (id) => !used.has(id)));
        const errors = isSolved(left) || left === OUT_OF_REACH ? [] : [`unsolvable without ${drawn}`];
        return isSolved(bare)
          ? [...errors, ...same(chosen(choice), chosen(bare.choice), "only the used versions")]
          : [...errors, "unsolvable with only the used versions"];
      },
      Math.ceil(runs(100) / 5),
    );
  },
  TIME,
);

test(
  "with its own answer as the lock, a project keeps its versions although newer ones are published",
  async () => {
    await law(
      async (one, { choice, lock }) => {
        const files = { "package-lock.json": lock };
        const again = await flatAnswer(one, { files });
        const sources = [...choice.values()].filter((id) => id !== ROOT).map((id) => splitId(id).name);
        const dependencies = { ...one.project.dependencies, fresh: "*" };
        const grown = { ...one, project: { ...one.project, dependencies } };
        const later = await flatAnswer(publish(grown, [...new Set([...sources, "fresh"])]), { files });
        if (!isSolved(again) || !isSolved(later)) return ["unsolvable with the lock"];
        // Optional packages that were left out may be possible now.
        const kept = [...later.choice].filter(([name]) => choice.has(name));
        return [
          ...same([lock, chosen(choice)], [again.lock, chosen(again.choice)], "with the lock"),
          ...same(chosen(choice), chosen(new Map(kept)), "with one more dependency and newer versions"),
          ...same("fresh@9.0.0", later.choice.get("fresh"), "the new dependency"),
        ];
      },
      Math.ceil(runs(100) / 5),
    );
  },
  TIME,
);

/** Sorts a choice by name, because its order depends on the lock. */
const chosen = (choice: Choice): [string, string][] => [...choice].sort(([a], [b]) => (a < b ? -1 : 1));

test(
  "npm's strategy keeps a flat lock, unless it can add an optional dependency",
  async () => {
    await law(
      async (one, { lock, tree }) => {
        const edges = [tree.root, ...tree.inventory.values()].flatMap((node) => [...node.edges().values()]);
        const left = edges.some((edge) => !edge.to && edge.spec.type === "optional");
        if (left) return [];
        const registry = fakeRegistry(one.packages, { tags: one.tags });
        const { files } = await resolveIn(registry, { "package.json": packageJson(one), "package-lock.json": lock });
        return same(lock, files["package-lock.json"], "npm's strategy");
      },
      Math.ceil(runs(100) / 10),
    );
  },
  TIME,
);

test(
  "relax: peers finds an answer if there is one without peers",
  async () => {
    let relaxed = 0;
    const check: Check = async (one) => {
      const model = new Model(one);
      const rules = model.rules.filter(({ type }) => type !== "peer" && type !== "peerOptional");
      const wanted = findChoice({ installable: model.installable, rules }, 20_000);
      const answer = await flatAnswer(one, { options: { relax: "peers" } });
      if (answer === OUT_OF_REACH || wanted === undefined) return [];
      if (!isSolved(answer)) return wanted ? ["there is an answer without peers"] : [];
      if (answer.rung === "peers") relaxed++;
      return checkChoice(
        { installable: model.installable, rules: answer.rung === "none" ? model.rules : rules },
        answer.choice,
      );
    };
    await hold(registryCases(SMALL), check, Math.ceil(runs(100) / 2));
    expect(relaxed).toBeGreaterThan(2);
  },
  TIME,
);
