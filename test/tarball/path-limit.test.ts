// Full tier: the paths of one archive have 64 million characters.

import { expect, test } from "vitest";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { untar } from "../../src/tarball/untar.ts";
import { pax, type TarPart, tar } from "./tar-writer.ts";

test("the paths of all files and folders may have 67,108,864 characters", () => {
  const named = (path: string): TarPart[] => [
    { name: "x", type: "x", body: pax("path", `package/${path}`) },
    { name: "package/x" },
  ];
  // The folders of each file have 1, 3, …, 3,999 characters, and the file has 4,001.
  const each = 2000 ** 2 + 4001;
  const count = Math.floor((1 << 26) / each);
  const deep = Array.from({ length: count }, (_, at) => named(`${String.fromCharCode(97 + at)}${"/d".repeat(1999)}/f`));
  const listed = (rest: number): unknown => {
    const names: string[] = [];
    for (let left = rest; left > 0; left -= 4000) names.push(String(names.length).padStart(Math.min(left, 4000), "x"));
    return runToEnd(untar(tar([...deep, ...names.map(named)].flat())));
  };
  const rest = (1 << 26) - count * each;
  expect(listed(rest)).toMatchObject({ ok: true });
  expect(listed(rest + 1)).toMatchObject({
    failure: { code: "TAR_ABORT", message: "the paths of its files and folders have more than 67108864 characters" },
  });
});
