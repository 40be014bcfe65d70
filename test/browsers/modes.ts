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
    const suites = [
      ["projects", await servers.start("projects")],
      ["real", await servers.start("real", SHORT ? (_, index) => index < FEW : undefined)],
    ] as const;
    for (const [index, { isolated, mode }] of settings.entries()) {
      await using tab = await stage.tab({ isolated });
      // Requests in a worker of their own, too, for the first mode.
      for (const io of index === 0 && !SHORT ? (["page", "worker"] as const) : (["page"] as const)) {
        for (const [suite, registries] of suites) {
          const found = await tab.call((bench, given) => bench.recordedOverNetwork(given), {
            suite,
            mode,
            io,
            registries,
          });
          expect(found).toEqual({ count: Object.keys(registries).length, wrong: [] });
        }
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
