import { expect, test } from "vitest";
import { lockEntry, lockOf, testPackage } from "../install/packages.ts";
import { type Bad, GOOD, OLD } from "../install/refuse.ts";
import { freePort } from "../support/browsers/process.ts";
import { badTarballs } from "../tarball/bad-tarballs.ts";
import { failures } from "./failures-page.ts";
import type { Trial } from "./trial.ts";

const PACKAGES = [
  testPackage("good@1.0.0"),
  testPackage("bad@1.0.0"),
  testPackage("peers@1.0.0", { peerDependencies: { good: "2" } }),
];

/** Failures have codes, and the same words in every browser. */
export function testFailures(trial: () => Trial): void {
  test("every failure has the code and the message that it has in Node", async () => {
    const registry = trial().stage.testRegistry();
    registry.publish(...PACKAGES);
    const [, bad] = PACKAGES;
    registry.answers.set("bad/-/bad-1.0.0.tgz", [{ bytes: new Uint8Array(100) }]);
    const lock = lockOf({ "node_modules/bad": lockEntry(bad!, registry.url) });
    const given = { registry: registry.url, closed: `http://127.0.0.1:${await freePort()}/`, bad: lock };
    const wanted = await failures({ ...given, mode: "inline" });
    const uncoded = Object.entries(wanted).filter(([, { code }]) => !/^E[A-Z0-9]+$/.test(code));
    expect(uncoded).toEqual([]);
    for (const setting of trial().settings) {
      await using tab = await trial().stage.tab(setting);
      const told = await tab.call((bench, given) => bench.failures(given), { ...given, mode: setting.mode });
      expect(told).toEqual(wanted);
    }
  });

  test("bad tarballs are refused on every path", async () => {
    const cases = badTarballs();
    for (const { isolated, mode } of trial().settings) {
      const registry = trial().stage.testRegistry();
      registry.publish(GOOD, OLD);
      for (const [i, { bytes }] of cases.entries()) registry.answers.set(`bad${i}/-/bad${i}-1.0.0.tgz`, [{ bytes }]);
      const bad = cases.map(({ name, integrity, limits, code }, i): Bad => {
        const unlockable = integrity?.startsWith("md5-") ?? false;
        return { name, integrity, code, package: `bad${i}`, unlockable, ...(limits && { limits }) };
      });
      await using tab = await trial().stage.tab({ isolated });
      const given = { mode, registry: registry.url, bad };
      expect(await tab.call((bench, given) => bench.refuseAll(given), given)).toEqual([]);
    }
  });
}
