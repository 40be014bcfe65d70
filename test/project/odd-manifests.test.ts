import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type OddManifest, PACKUMENTS } from "../search/odd-manifests.ts";
import { answersOf } from "../search/webhoist-side.ts";

// What npm makes of odd package.json files, recorded by `npm run record:manifests`.

const RECORDS: OddManifest[] = gunzipSync(readFileSync(join(import.meta.dirname, "odd-manifests.ndjson.gz")))
  .toString()
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

/** npm takes these as an empty project, because it drops an error of reading them. webhoist says what is wrong. */
const DROPPED_BY_NPM = /^(?:null|"hi"|5|true)$|"bin":\[(?:5|\{\}|null|\[\]|true)/;

test.each(["11.19.1", "12.2.2"])(
  "refuses the odd manifests that npm %s refuses, and writes its lock for the others",
  async (npm) => {
    const platform = { os: "linux", cpu: "x64", libc: "glibc", node: "24.22.3", npm };
    const wrong: string[] = [];
    for (const { seed, files, npm: answers } of RECORDS) {
      const scenario = { seed, packuments: PACKUMENTS, steps: [{ files, options: {} }] };
      const [our = {}] = await answersOf(scenario, platform);
      const { lock, refused } = answers[npm] ?? {};
      const isCoded = our.code !== undefined && our.code !== "EINTERNAL";
      const mayRefuse = refused !== undefined || DROPPED_BY_NPM.test(files["package.json"] as string);
      if (mayRefuse ? !isCoded : our.lock !== lock) wrong.push(`${seed}: ${JSON.stringify({ files, refused, our })}`);
    }
    expect(wrong).toEqual([]);
    expect(RECORDS.length).toBeGreaterThanOrEqual(200);
  },
);

test("npm takes the manifests that it drops as an empty project", () => {
  const dropped = RECORDS.filter(({ files }) => DROPPED_BY_NPM.test(files["package.json"] as string));
  expect(dropped.length).toBeGreaterThan(0);
  for (const { npm } of dropped) {
    for (const { lock = "" } of Object.values(npm)) expect(JSON.parse(lock)).toMatchObject({ packages: {} });
  }
});
