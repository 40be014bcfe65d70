import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hiddenLock } from "../../src/install/hidden-lock.ts";
import { type Answer, planLike, shown } from "./plan-answers.ts";

interface Row {
  project: string;
  options: Answer["options"];
  folders: number;
  links: number;
  /** The hash of npm's whole answer. */
  digest: string;
}

const recorded = process.env["WEBHOIST_REGISTRY"];
const rows = JSON.parse(
  readFileSync(new URL("./fixtures/plan/recorded/answers.json", import.meta.url), "utf8"),
) as Row[];

/** If one differs, `npm-answers.mjs --recorded … --keep …` shows npm's answer. */
describe.runIf(recorded)("real projects: the plan is what npm ci installs", () => {
  test.each(rows)("$project $options", ({ project, options, ...expected }) => {
    const lock = readFileSync(join(recorded!, "projects", project, "package-lock.json"), "utf8");
    const plan = planLike(options, lock);
    const { folders, links } = shown(plan);
    const byPath = Object.fromEntries(Object.entries(links).sort(([a], [b]) => (a < b ? -1 : 1)));
    const whole = JSON.stringify([folders, byPath, hiddenLock(lock, plan)]);
    const digest = createHash("sha256").update(whole).digest("hex");
    expect({ folders: folders.length, links: Object.keys(links).length, digest }).toEqual(expected);
  });
});
