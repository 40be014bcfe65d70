import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { differences, type Listing, plain } from "../install/listing.ts";
import { PROJECTS } from "../install/projects.ts";
import { PLACEHOLDER } from "../support/registry/snapshot.ts";
import { installArchives, type SinkTrial } from "./sinks-page.ts";
import { type Setting, SHORT, type Trial } from "./trial.ts";

interface Kept {
  lock: string;
  listing: Listing;
}

const kept = (name: string): Kept =>
  JSON.parse(readFileSync(new URL(`../install/fixtures/${name}.json`, import.meta.url), "utf8")) as Kept;

/** A small project at a registry of its own, and npm's tree of it. */
function sinkTrial({ stage }: Trial, { mode }: Setting, name: string): { given: SinkTrial; listing: Listing } {
  const registry = stage.testRegistry();
  registry.publish(...(PROJECTS[name]?.packages ?? []));
  const { lock, listing } = kept(name);
  return { given: { mode, registry: registry.url, name, lock: lock.replaceAll(PLACEHOLDER, registry.url) }, listing };
}

/** Installs into every kind of sink, compared with npm's trees. */
export function testSinks(trial: () => Trial): void {
  test("a project, a Map, a tree, and a copy have npm's files", async () => {
    for (const setting of trial().settings) {
      await using tab = await trial().stage.tab(setting);
      for (const name of Object.keys(PROJECTS)) {
        const { given, listing } = sinkTrial(trial(), setting, name);
        const all = { ...given, input: "files" as const };
        const found = await tab.call((bench, all) => bench.installSmall(all), all);
        expect(differences(found.project, listing)).toEqual([]);
        for (const sink of ["map", "tree", "copied"] as const)
          expect([sink, differences(found[sink], plain(listing))]).toEqual([sink, []]);
      }
    }
  });

  test.runIf(!SHORT)("zip and tar archives have the files that they have in Node", async () => {
    for (const setting of trial().settings) {
      await using tab = await trial().stage.tab(setting);
      for (const name of Object.keys(PROJECTS)) {
        const { given } = sinkTrial(trial(), setting, name);
        const wanted = await installArchives({ ...given, mode: "inline" });
        expect(await tab.call((bench, given) => bench.installArchives(given), given)).toEqual(wanted);
      }
    }
  });

  test.runIf(!SHORT)(
    "the origin-private file system has npm's files, if the browser lets pages write them",
    async () => {
      const { abilities, facts, settings, stage } = trial();
      // WebKit's private windows have no such file system, and its driver opens no others.
      const open = (setting: Setting) => (abilities.plain.files ? stage.tab(setting) : stage.lastingTab(setting));
      await using first = await open({ isolated: false, mode: "worker" });
      const { files: has } = await first.call((bench) => bench.abilities());
      facts.set("origin-private file system", has ? "yes" : "no");
      for (const setting of has ? settings : []) {
        for (const name of Object.keys(PROJECTS)) {
          await using tab = await open(setting);
          const { given, listing } = sinkTrial(trial(), setting, name);
          const found = await tab.call((bench, given) => bench.installFiles(given), given);
          const files = Object.entries(plain(listing)).filter(([, what]) => !what.startsWith("->"));
          expect(differences(found.listing, Object.fromEntries(files))).toEqual([]);
          expect(found.added).toBe(0);
        }
      }
    },
  );
}
