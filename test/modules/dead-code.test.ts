import { expect, test } from "vitest";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { deadRanges } from "../../src/modules/dead-code.ts";
import { readTokens } from "../../src/modules/tokens.ts";

/** Returns a script without the code that has no effect, its blanks joined. */
function live(text: string): string {
  const tokens = runToEnd(readTokens(text));
  let out = "";
  let at = 0;
  for (const { first, end } of deadRanges(tokens)) {
    out += text.slice(at, tokens.start(first));
    at = tokens.end(end - 1);
  }
  return (out + text.slice(at)).replace(/\s+/g, " ").trim();
}

test.each([
  ['if ("dev" === "prod") a(); else b();', "b();"],
  ['if ("dev" !== "prod") { a() } else { b() }', "{ a() }"],
  ['if ("dev" === "prod") { a() }\nb()', "b()"],
  ['if ("dev" === "prod") a = require("./x")\nelse b = require("./y")', 'b = require("./y")'],
  ['if (!("dev" === "prod")) a(); else b();', "a();"],
  ['if (x && "dev" === "prod") a(); else b();', "b();"],
  ['if (x || "dev" === "dev") a(); else b();', "a();"],
  ['if (x && "dev" === "dev") a(); else b();', 'if (x && "dev" === "dev") a(); else b();'],
  ['if ("a" === "b") if (x) a(); else b(); else c()', "c()"],
  ['if ("a" === "b") for (;;) { a() } else c()', "c()"],
  ['if ("a" === "a") a(); else if (x) b(); else c(); d()', "a(); d()"],
  ['m = "dev" === "prod" ? a : b;', "m = b;"],
  ['m = "dev" !== "prod" ? a(1, 2) : { b: 1 };\nc()', "m = a(1, 2) ;\nc()".replace("\n", " ")],
  ['m = ("dev" === "prod") ? a : b', "m = b"],
  ['"prod" !== "dev" && (function () { a() })();', "(function () { a() })();"],
  ['"prod" === "dev" && (function () { a() })();', '"prod" === "dev" && ;'],
  ['x = "a" === "b" || c', "x = c"],
  ['f("a" === "b") ? a : b', 'f("a" === "b") ? a : b'],
  ['x + "a" === "b" ? a : b', 'x + "a" === "b" ? a : b'],
  ['x && "a" === "a" ? a : b', 'x && "a" === "a" ? a : b'],
  ['x && "a" === "b" ? a : b', 'x && "a" === "b" b'],
  ['if ("a" === "b") try { a() } catch {} else b()', 'if ("a" === "b") try { a() } catch {} else b()'],
  ["if (x = 'a' === 'b') a()", "if (x = 'a' === 'b') a()"],
])("%s", (text, left) => {
  expect(live(text)).toBe(left);
});

test("deeply nested statements and brackets do not overflow", () => {
  const deep = `${'if ("a" === "b") '.repeat(50_000)}a()`;
  expect(() => live(deep)).not.toThrow();
  expect(() => live(`if (${"(".repeat(50_000)}"a" === "b"${")".repeat(50_000)}) a()`)).not.toThrow();
});
