import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hiddenLock } from "../../src/install/hidden-lock.ts";
import { type Answer, codeOf, planLike, shown } from "./plan-answers.ts";

const FIXTURES = new URL("./fixtures/plan/", import.meta.url);

describe.each(readdirSync(FIXTURES).filter((name) => name.endsWith(".json")))(
  "%s: the plan is what npm ci installs",
  (file) => {
    const { lock, runs } = JSON.parse(readFileSync(new URL(file, FIXTURES), "utf8")) as {
      lock: string;
      runs: Answer[];
    };
    test.each(runs.map((run) => [JSON.stringify(run.options), run] as const))("%s", (_, run) => {
      if (run.error) {
        expect(codeOf(() => planLike(run.options, lock))).toBe(run.error);
        return;
      }
      const plan = planLike(run.options, lock);
      expect(shown(plan)).toEqual({ folders: run.folders, links: run.links });
      // If npm installs nothing, there is no node_modules for the hidden lock.
      if (run.hiddenLock === null) expect(plan.packages).toEqual([]);
      else expect(hiddenLock(lock, plan)).toBe(run.hiddenLock);
    });
  },
);
