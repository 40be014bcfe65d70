import { expect, test } from "vitest";
import { differences, fromDart, fromToml } from "./convert.mjs";
import { npmDependencies, npmRange, npmVersion } from "./pep440.mjs";
import { readToml } from "./toml.mjs";

test.each([
  ["", "*"],
  ["==1.0.0", "1.0.0"],
  ["==1", "1.0.0"],
  ["==1.*", "1.x"],
  [">1", ">1.0.0"],
  [">=1.0,<2", ">=1.0.0 <2.0.0"],
  ["~=1.4.2", ">=1.4.2 <1.5.0"],
  ["~=1.4", ">=1.4.0 <2.0.0"],
  ["!=1.5", "<1.5.0 || >1.5.0"],
  [">1,!=1.2b1,!=1.3,<2", ">1.0.0 <2.0.0 <1.2.0-b.1 || >1.0.0 <2.0.0 >1.2.0-b.1 <1.3.0 || >1.0.0 <2.0.0 >1.3.0"],
])("the range %j is %j in npm's words", (python, npm) => {
  expect(npmRange(python)).toBe(npm);
});

test.each(["1.0.post1", "1.0+local", "1.2.3.4", "1!2.0"])("npm has no version %s", (version) => {
  expect(() => npmVersion(version)).toThrow("npm has no");
});

test("what is said of a package twice comes into one range", () => {
  expect(npmDependencies(["a>=1", "a<2", "b", "b==1"])).toEqual({ a: ">=1.0.0 <2.0.0", b: "1.0.0" });
});

test("tables, strings in any quotes, arrays over lines, inline tables", () => {
  const text = `# a comment
name = "x"   # and another
long = '''
two "lines"
here'''
[a."1.0".b]
list = [ "one", 'two',
  # between
  "thr\\"ee",
]
c = { d = ["e"], "f.g" = true }
[a."2.0"]
`;
  const c = { d: ["e"], "f.g": true };
  const a = { "1.0": { b: { list: ["one", "two", 'thr"ee'], c } }, "2.0": {} };
  expect(JSON.parse(JSON.stringify(readToml(text)))).toEqual({ name: "x", long: 'two "lines"\nhere', a });
  expect(() => readToml("a = 1979-05-27")).toThrow("A value expected");
  expect(() => readToml('a = "')).toThrow("without an end");
});

const TOML = `name = "one-of-two"
description = "In words of its own"
[root]
requires = ["top>=1", "left<2"]
[expected]
satisfiable = true
[expected.packages]
top = "1.0"
left = "1.5b2"
[packages.top.versions]
"1.0" = { requires = ["left!=1.4"] }
[packages.left.versions."1.5b2"]
yanked = true
`;

test("a scenario in TOML", () => {
  expect(fromToml(TOML)).toEqual({
    case: "one-of-two",
    registry: {
      "top@1.0.0": { left: "<1.4.0 || >1.4.0" },
      "left@1.5.0-b.2": { dependencies: {}, deprecated: "withdrawn" },
    },
    root: { dependencies: { top: ">=1.0.0", left: "<2.0.0" } },
    expect: { versions: { top: "1.0.0", left: "1.5.0-b.2" } },
  });
  const never = TOML.replace("satisfiable = true", "satisfiable = false");
  expect(fromToml(never)).toMatchObject({ expect: { failure: "ENOSOLUTION" } });
  const lowest = `${TOML}[resolver_options]\nresolution = "lowest"\n`;
  expect(fromToml(lowest)).toMatchObject({ options: { resolutionMode: "lowest" } });
});

test.each([
  ['"top>=1"', '"top[more]>=1"', "npm has no extras"],
  ['"top>=1"', `"top>=1; os_name == 'x'"`, "npm has no conditions on the environment"],
  ['top = "1.0"', 'top = "1.0.post1"', "npm has no version 1.0.post1"],
  ["yanked = true", "wheel = false", "npm has no wheel"],
  ["[root]", '[root]\nrequires_python = ">=3"', "npm has no Python"],
])("%s in place of %s is left out, and why", (text, other, leftOut) => {
  expect(fromToml(TOML.replace(text, other))).toEqual({ case: "one-of-two", leftOut });
});

const DART = `void main() {
  group('locks', () {
    // a comment, with 'quotes' and (brackets
    test('moves what must '
        'move', () async {
      await servePackages()
        ..serve('one', '1.0.0', deps: {'two': 'any'})
        ..serve('two', '1.0.0', pubspec: {'dev_dependencies': {'three': '<2.0.0'}});
      await d.appDir(dependencies: {'one': '1.0.0'}).create();
      await expectResolves(result: {'one': '1.0.0', 'two': '1.0.0'});
      await d.dir(appPath, [
        d.pubspec({'name': 'myapp', 'dev_dependencies': {'one': 'any'}, 'dependency_overrides': {'two': '>1.0.0'}})
      ]).create();
      await expectResolves(error: equalsIgnoringWhitespace('''
        Words that are not ours.
      '''), tries: 2);
    });
  });
  test('lowest', () async {
    final server = await servePackages();
    server.serve('one', '1.0.0');
    await d.appDir(dependencies: {'one': '^1.0.0'}).create();
    await expectResolves(result: {'one': '1.0.0'}, downgrade: true);
  });
  test('by hand', () async {
    for (var i = 0; i < 3; i++) { server.serve('one', '$i.0.0'); }
    await expectResolves(result: {});
  });
}`;

test("tests in Dart", () => {
  const registry = {
    "one@1.0.0": { two: "*" },
    "two@1.0.0": { dependencies: {}, devDependencies: { three: "<2.0.0" } },
  };
  expect(fromDart(DART)).toEqual([
    {
      case: "locks: moves what must move",
      registry,
      first: { root: { dependencies: { one: "1.0.0" } }, versions: { one: "1.0.0", two: "1.0.0" } },
      root: { devDependencies: { one: "*" }, overrides: { two: ">1.0.0" } },
      expect: { failure: "ENOSOLUTION" },
    },
    {
      case: "lowest",
      registry: { "one@1.0.0": {} },
      root: { dependencies: { one: "^1.0.0" } },
      options: { resolutionMode: "lowest" },
      expect: { versions: { one: "1.0.0" } },
    },
    { case: "by hand", leftOut: "its for is for hands to tell" },
  ]);
});

test("what ours tell otherwise is named, unless they say so", () => {
  const one = fromToml(TOML);
  expect(differences([one], [])).toEqual(["one-of-two: not there"]);
  expect(differences([one], [{ ...one, title: "in our words" }])).toEqual([]);
  const other = { ...one, expect: { failure: "ENOSOLUTION", names: ["top"] } };
  expect(differences([one], [other])).toEqual(["one-of-two: told otherwise"]);
  expect(differences([one], [{ ...other, changed: "and why" }])).toEqual([]);
  expect(differences([{ case: "one-of-two", leftOut: "why" }], [])).toEqual([]);
});
