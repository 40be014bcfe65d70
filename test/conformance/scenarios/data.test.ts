import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Oracle } from "./oracle.ts";
import { type Scenario, scenarioFiles } from "./scenario.ts";

const files = scenarioFiles();

/** Every package that a scenario speaks of. */
function allNames({ registry, root }: Scenario): string[] {
  const published = Object.keys(registry).map((id) => id.slice(0, id.lastIndexOf("@")));
  const asked = Object.values(registry).flatMap((value) => [value, value["dependencies"], value["peerDependencies"]]);
  const specs = [...asked, root.dependencies, root.devDependencies].flatMap((one) => Object.keys(one ?? {}));
  return [...new Set([...published, ...specs])].sort();
}

// What is expected is checked by a search that has nothing of the solver's: it guards the data, and tells who is right.
test.each(files)("%s: what is expected is right", (_, { cases: told }) => {
  const wrong = told.flatMap((scenario) => {
    const { title, first, expect: wanted } = scenario;
    const oracle = new Oracle(scenario);
    const said = (flaw: string): string => `${title}: ${flaw}`;
    const flaws = first ? new Oracle({ ...scenario, root: first.root, options: {} }).flaws(first.versions) : [];
    if ("versions" in wanted) {
      flaws.push(...oracle.flaws(wanted.versions));
      const better = flaws.length === 0 && oracle.better(wanted.versions);
      return [...flaws, ...(better ? [`${better} would do`] : [])].map(said);
    }
    if (oracle.solvable()) flaws.push("there is an answer");
    // A name is part of every reason if all is well once it asks for nothing and nothing is asked of it.
    const names = allNames(scenario).filter((name) => new Oracle(scenario, [name]).solvable());
    if (names.join() !== wanted.names.join()) flaws.push(`every reason has ${names.join()}`);
    return flaws.map(said);
  });
  expect(wrong).toEqual([]);
});

test("there are as many as the README says, each with a title of its own", () => {
  const titles = files.flatMap(([file, { cases }]) => cases.map(({ title }) => `${file}: ${title}`));
  const readme = readFileSync(join(import.meta.dirname, "README.md"), "utf8");
  expect(readme).toContain(`${titles.length} cases`);
  expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
});

test("a scenario that is told wrongly is found out", () => {
  const registry = {
    "a@1.0.0": { b: "1.0.0" },
    "a@2.0.0": { b: "2.0.0" },
    "b@1.0.0": {},
    "b@2.0.0": {},
    "c@1.0.0": {},
  };
  const told = { title: "", case: "", registry, root: { dependencies: { a: "*", b: "*" } } };
  const oracle = new Oracle({ ...told, expect: { versions: {} } });
  expect(oracle.flaws({ a: "2.0.0", b: "2.0.0" })).toEqual([]);
  expect(oracle.flaws({ a: "2.0.0", b: "1.0.0" })).toEqual(["a → b"]);
  expect(oracle.flaws({ a: "2.0.0" })).toEqual([" → b", "a → b"]);
  expect(oracle.flaws({ a: "2.0.0", b: "2.0.0", c: "1.0.0" })).toEqual(["nobody asks for c"]);
  expect(oracle.better({ a: "1.0.0", b: "1.0.0" })).toBe("a@2.0.0");
  expect(oracle.solvable()).toBe(true);
  expect(oracle.solvable({ a: ["1.0.0"], b: ["2.0.0"] })).toBe(false);
});
