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
    await using registries = new RecordedRegistries();
    const projects = await registries.start("projects");
    const real = await registries.start("real", SHORT ? (_, index) => index < FEW : undefined);
    for (const { isolated, mode } of settings) {
      await using tab = await stage.tab({ isolated });
      for (const io of SHORT ? (["page"] as const) : (["page", "worker"] as const)) {
        for (const [suite, urls] of [
          ["projects", projects],
          ["real", real],
        ] as const) {
          const given = { suite, mode, io, registries: urls };
          const found = await tab.call((bench, given) => bench.recordedOverNetwork(given), given);
          expect(found).toEqual({ count: Object.keys(urls).length, wrong: [] });
        }
      }
    }
  });

  test.runIf(!SHORT)("each of the 855 recorded answers is npm's", async () => {
    const { stage, settings } = trial();
    for (const { isolated, mode } of settings) {
      await using tab = await stage.tab({ isolated });
      let count = 0;
      for (const suite of SUITES) {
        const found = await tab.call((bench, given) => bench.recordedInMemory(given), { suite, mode });
        expect(found.wrong).toEqual([]);
        count += found.count;
      }
      expect([isolated, mode, count]).toEqual([isolated, mode, 855]);
    }
  });
}
