import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Oracle } from "./oracle.ts";
import { type Scenario, scenarioFiles } from "./scenario.ts";

const files = scenarioFiles();

/** Returns the name of every package in a scenario. */
function allNames({ registry, root }: Scenario): string[] {
  const published = Object.keys(registry).map((id) => id.slice(0, id.lastIndexOf("@")));
  const asked = Object.values(registry).flatMap((value) => [value, value["dependencies"], value["peerDependencies"]]);
  const specs = [...asked, root.dependencies, root.devDependencies].flatMap((one) => Object.keys(one ?? {}));
  return [...new Set([...published, ...specs])].sort();
}

// Checks the expected results with a search that shares no code with the solver. If a scenario fails, this test shows whether the
// solver or the data is wrong.
test.each(files)("%s: the expected results are correct", (_, { cases: scenarios }) => {
  const wrong = scenarios.flatMap((scenario) => {
    const { title, first, expect: wanted } = scenario;
    const oracle = new Oracle(scenario);
    const said = (flaw: string): string => `${title}: ${flaw}`;
    const flaws = first ? new Oracle({ ...scenario, root: first.root, options: {} }).flaws(first.versions) : [];
    if ("versions" in wanted) {
      flaws.push(...oracle.flaws(wanted.versions));
      const better = flaws.length === 0 && oracle.better(wanted.versions);
      return [...flaws, ...(better ? [`${better} is possible`] : [])].map(said);
    }
    if (oracle.solvable()) flaws.push("there is a solution");
    // A package is part of every explanation if there is a solution once all its requirements and all requirements of it are ignored.
    const names = allNames(scenario).filter((name) => new Oracle(scenario, [name]).solvable());
    if (names.join() !== wanted.names.join()) flaws.push(`every explanation has ${names.join()}`);
    return flaws.map(said);
  });
  expect(wrong).toEqual([]);
});

test("the README states the number of cases, and each case of a file has its own title", () => {
  const titles = files.flatMap(([file, { cases }]) => cases.map(({ title }) => `${file}: ${title}`));
  const readme = readFileSync(join(import.meta.dirname, "README.md"), "utf8");
  expect(readme).toContain(`${titles.length} cases`);
  expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
});

test("the check finds wrong expectations", () => {
  const registry = {
    "a@1.0.0": { b: "1.0.0" },
    "a@2.0.0": { b: "2.0.0" },
    "b@1.0.0": {},
    "b@2.0.0": {},
    "c@1.0.0": {},
  };
  const scenario = { title: "", case: "", registry, root: { dependencies: { a: "*", b: "*" } } };
  const oracle = new Oracle({ ...scenario, expect: { versions: {} } });
  expect(oracle.flaws({ a: "2.0.0", b: "2.0.0" })).toEqual([]);
  expect(oracle.flaws({ a: "2.0.0", b: "1.0.0" })).toEqual(["a → b"]);
  expect(oracle.flaws({ a: "2.0.0" })).toEqual([" → b", "a → b"]);
  expect(oracle.flaws({ a: "2.0.0", b: "2.0.0", c: "1.0.0" })).toEqual(["nothing requires c"]);
  expect(oracle.better({ a: "1.0.0", b: "1.0.0" })).toBe("a@2.0.0");
  expect(oracle.solvable()).toBe(true);
  expect(oracle.solvable({ a: ["1.0.0"], b: ["2.0.0"] })).toBe(false);
});
