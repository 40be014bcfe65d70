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

// What holds of every answer of the flat strategy, whatever the registry.

type Solved = Exclude<FlatAnswer, { proof: unknown } | string>;

const isSolved = (answer: FlatAnswer): answer is Solved => answer !== OUT_OF_REACH && "choice" in answer;

const same = (one: unknown, other: unknown, what: string): string[] => {
  // What a request failed with depends on who made it.
  const [first, second] = [one, other].map((each) =>
    JSON.stringify(each, (key, value) => (key === "failure" ? 0 : value)),
  );
  return first === second ? [] : [`${what}: ${second}`, `instead of ${first}`];
};

/** Holds a law over answers, and sees to it that there were enough of them. */
async function law(
  check: (registryCase: RegistryCase, answer: Solved, part: (of: number) => number) => Promise<string[]>,
  count: number,
): Promise<void> {
  let solved = 0;
  const both: Check = async (one, extra) => {
    const answer = await flatAnswer(one);
    if (!isSolved(answer)) return [];
    solved++;
    return check(one, answer, parts(extra));
  };
  await hold(registryCases(SMALL), both, count);
  await hold(registryCases(LARGE), both, Math.ceil(count / 40));
  expect(solved).toBeGreaterThan(count / 6);
}

const TIME = 3_600_000;

/** What the whole library says, packuments arriving in the order of a seed: the local driver, beside a preload. */
async function whole(one: RegistryCase, shuffle?: number): Promise<unknown> {
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
  "any order of arrival and either driver give the same answer, or the same proof",
  async () => {
    let proofs = 0;
    const check: Check = async (one, extra) => {
      const answer = await flatAnswer(one);
      if (!isSolved(answer)) proofs++;
      const blocked = isSolved(answer) ? { lock: answer.lock } : answer;
      const others = await Promise.all([whole(one), whole(one, extra), whole(one, extra + 1)]);
      return others.flatMap((other, at) => same(blocked, other, `order ${at}`));
    };
    await hold(registryCases(SMALL), check, Math.ceil(runs(100) / 20));
    await hold(registryCases(LARGE), check, Math.ceil(runs(100) / 200));
    expect(proofs).toBeGreaterThan(1);
  },
  TIME,
);

const SECTIONS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;

test(
  "asking for less leaves a project solvable",
  async () => {
    await law(
      async (one, _, part) => {
        const asked = SECTIONS.flatMap((section) => Object.keys(one.project[section] ?? {}));
        const name = asked[part(asked.length)];
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
  "unpublishing what is not used leaves a project solvable, and all of it, the same answer",
  async () => {
    await law(
      async (one, { choice }, part) => {
        const used = new Set(choice.values());
        const unused = Object.keys(one.packages).filter((id) => !used.has(id));
        const drawn = unused[part(unused.length || 1)];
        const left = await flatAnswer(unpublish(one, (id) => id === drawn));
        const bare = await flatAnswer(unpublish(one, (id) => !used.has(id)));
        const wrong = isSolved(left) || left === OUT_OF_REACH ? [] : [`unsolvable without ${drawn}`];
        return isSolved(bare)
          ? [...wrong, ...same(chosen(choice), chosen(bare.choice), "of what was used")]
          : [...wrong, "unsolvable with what was used"];
      },
      Math.ceil(runs(100) / 5),
    );
  },
  TIME,
);

test(
  "with its own answer as the lock a project stays where it is, whatever came out since",
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
        // what it left out may have become possible
        const kept = [...later.choice].filter(([name]) => choice.has(name));
        return [
          ...same([lock, chosen(choice)], [again.lock, chosen(again.choice)], "with the lock"),
          ...same(chosen(choice), chosen(new Map(kept)), "with one more, and newer versions"),
          ...same("fresh@9.0.0", later.choice.get("fresh"), "the new one"),
        ];
      },
      Math.ceil(runs(100) / 5),
    );
  },
  TIME,
);

/** By name: the order is that of the lock. */
const chosen = (choice: Choice): [string, string][] => [...choice].sort(([a], [b]) => (a < b ? -1 : 1));

test(
  "npm leaves a flat lock as it is, unless it has an optional dependency to add",
  async () => {
    await law(
      async (one, { lock, tree }) => {
        const edges = [tree.root, ...tree.inventory.values()].flatMap((node) => [...node.edges().values()]);
        const left = edges.some((edge) => !edge.to && edge.spec.type === "optional");
        if (left) return [];
        const registry = fakeRegistry(one.packages, { tags: one.tags });
        const { files } = await resolveIn(registry, { "package.json": packageJson(one), "package-lock.json": lock });
        return same(lock, files["package-lock.json"], "to npm");
      },
      Math.ceil(runs(100) / 10),
    );
  },
  TIME,
);

test(
  "with peers as warnings there is an answer where there is one without peers",
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
