import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { InstallError } from "../../src/errors.ts";
import { hiddenLock } from "../../src/install/hidden-lock.ts";
import type { InstallPlan, PlanOptions } from "../../src/install/plan.ts";
import { planFromLock } from "../../src/install/read-plan.ts";
import { registryConfig } from "../../src/registry/registry-config.ts";

/** What npm-answers.mjs recorded. */
interface Answer {
  options: { omit?: PlanOptions["omit"]; os?: string; cpu?: string; libc?: string };
  error?: string;
  folders: string[];
  links: Record<string, string>;
  hiddenLock: string | null;
}

const LINUX = { os: "linux", cpu: "x64", libc: "glibc", node: "20.20.2", npm: "11.19.1" };
const FIXTURES = new URL("./fixtures/", import.meta.url);

function planLike({ omit, ...forced }: Answer["options"], lock: string): InstallPlan {
  const platform = { ...LINUX, ...forced };
  return planFromLock(lock, { omit, platform, running: LINUX, registry: registryConfig({}) });
}

/** The plan as a disk would show it, less the commands whose file is not there: no plan can know that. */
function shown({ packages, bundled, links }: InstallPlan): Pick<Answer, "folders" | "links"> {
  const texts = links
    .filter(({ to }) => !to.includes("missing"))
    .map(({ path, to }) => [path, relative(dirname(path), to)]);
  const folders = [...packages, ...bundled].map(({ location }) => location).sort();
  return { folders, links: Object.fromEntries(texts.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1))) };
}

describe.each(readdirSync(FIXTURES).filter((name) => name.endsWith(".json")))("%s: what npm ci left", (file) => {
  const { lock, runs } = JSON.parse(readFileSync(new URL(file, FIXTURES), "utf8")) as { lock: string; runs: Answer[] };
  test.each(runs.map((run) => [JSON.stringify(run.options), run] as const))(
    "%s",
    (_, { options, error, ...answer }) => {
      if (error) {
        expect(codeOf(() => planLike(options, lock))).toBe(error);
        return;
      }
      const plan = planLike(options, lock);
      expect(shown(plan)).toEqual({ folders: answer.folders, links: answer.links });
      if (answer.hiddenLock !== null) expect(hiddenLock(lock, plan)).toBe(answer.hiddenLock);
    },
  );
});

function codeOf(work: () => unknown): string {
  try {
    work();
    return "";
  } catch (error) {
    if (error instanceof InstallError) return error.code;
    throw error;
  }
}
