import { expect, test } from "vitest";
import { SUITES } from "../conformance/recorded.ts";
import { RecordedRegistries } from "./registries.ts";
import { SHORT, type Trial } from "./trial.ts";

/** Real packages with known difficulties: a few for the short form. */
const FEW = 6;

/** npm's recorded answers, in every mode, isolated and not. */
export function testModes(trial: () => Trial): void {
  test("without an option, the mode is the best that the page allows", async () => {
    const { stage, facts, settings } = trial();
    for (const isolated of [true, false]) {
      const allowed = settings.filter((one) => one.isolated === isolated).map(({ mode }) => mode);
      await using tab = await stage.tab({ isolated });
      const { mode, refused } = await tab.call(async (bench) => {
        const installer = await bench.createInstaller();
        installer.dispose();
        const refused = await bench.createInstaller({ mode: "threads" }).then(
          (other) => void other.dispose(),
          (error) => bench.toFailure(error).code,
        );
        return { mode: installer.mode, refused };
      });
      expect([isolated, mode]).toEqual([isolated, allowed[0]]);
      expect([isolated, refused]).toEqual([isolated, allowed[0] === "threads" ? undefined : "EMODE"]);
      facts.set(isolated ? "isolated page" : "other page", allowed.join(", "));
    }
  });

  test("over the network, every answer is npm's", async () => {
    const { stage, settings } = trial();
    await using servers = new RecordedRegistries();
    const projects = { suite: "projects", registries: await servers.start("projects") } as const;
    const real = {
      suite: "real",
      registries: await servers.start("real", SHORT ? (_, i) => i < FEW : undefined),
    } as const;
    const few = {
      suite: "real",
      registries: Object.fromEntries(Object.entries(real.registries).slice(0, FEW)),
    } as const;
    for (const { isolated, mode } of settings) {
      await using tab = await stage.tab({ isolated });
      const isFirst = settings.find((one) => one.isolated === isolated)?.mode === mode;
      // All cases in the first mode of each kind of page. A few in the other modes, and with requests in a worker of their own.
      const runs = isFirst ? [projects, real] : [projects, few];
      const all = [...runs.map((run) => ({ ...run, io: "page" as const })), { ...few, io: "worker" as const }];
      for (const run of all) {
        const found = await tab.call((bench, given) => bench.recordedOverNetwork(given), { mode, ...run });
        expect(found).toEqual({ count: Object.keys(run.registries).length, wrong: [] });
      }
    }
  });

  test.runIf(!SHORT)("each of the 855 recorded answers is npm's in every mode", async () => {
    const { stage, settings } = trial();
    const modes = new Set(settings.map(({ mode }) => mode));
    for (const mode of modes) {
      await using tab = await stage.tab({ isolated: mode === "threads" });
      let count = 0;
      for (const suite of SUITES) {
        const found = await tab.call((bench, given) => bench.recordedInMemory(given), { suite, mode });
        expect(found.wrong).toEqual([]);
        count += found.count;
      }
      expect([mode, count]).toEqual([mode, 855]);
    }
  });
}
