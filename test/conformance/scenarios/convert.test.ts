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
])("the Python range %j becomes %j", (python, npm) => {
  expect(npmRange(python)).toBe(npm);
});

test.each(["1.0.post1", "1.0+local", "1.2.3.4", "1!2.0"])(
  "the version %s is left out, because npm has no equivalent",
  (version) => {
    expect(() => npmVersion(version)).toThrow("npm has no");
  },
);

test("two ranges of one package become one", () => {
  expect(npmDependencies(["a>=1", "a<2", "b", "b==1"])).toEqual({ a: ">=1.0.0 <2.0.0", b: "1.0.0" });
});

test("the TOML reader supports tables, all quotes, multi-line arrays and inline tables", () => {
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
  expect(() => readToml("a = 1979-05-27")).toThrow("Expected a value");
  expect(() => readToml('a = "')).toThrow("Unterminated string");
});

const TOML = `name = "one-of-two"
description = "A description"
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

test("a scenario in TOML is converted", () => {
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
])("replacing %s by %s leaves the case out, with the reason", (text, other, leftOut) => {
  expect(fromToml(TOML.replace(text, other))).toEqual({ case: "one-of-two", leftOut });
});

const DART = `void main() {
  group('locks', () {
    // a comment, with 'quotes' and (brackets
    test('moves locked '
        'packages', () async {
      await servePackages()
        ..serve('one', '1.0.0', deps: {'two': 'any'})
        ..serve('two', '1.0.0', pubspec: {'dev_dependencies': {'three': '<2.0.0'}});
      await d.appDir(dependencies: {'one': '1.0.0'}).create();
      await expectResolves(result: {'one': '1.0.0', 'two': '1.0.0'});
      await d.dir(appPath, [
        d.pubspec({'name': 'myapp', 'dev_dependencies': {'one': 'any'}, 'dependency_overrides': {'two': '>1.0.0'}})
      ]).create();
      await expectResolves(error: equalsIgnoringWhitespace('''
        A message that is not compared.
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

test("tests in Dart are converted", () => {
  const registry = {
    "one@1.0.0": { two: "*" },
    "two@1.0.0": { dependencies: {}, devDependencies: { three: "<2.0.0" } },
  };
  expect(fromDart(DART)).toEqual([
    {
      case: "locks: moves locked packages",
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
    { case: "by hand", leftOut: "convert by hand: it uses for" },
  ]);
});

test("the comparison lists missing and different cases, except those with a `changed`", () => {
  const one = fromToml(TOML);
  expect(differences([one], [])).toEqual(["one-of-two: missing"]);
  expect(differences([one], [{ ...one, title: "a title" }])).toEqual([]);
  const other = { ...one, expect: { failure: "ENOSOLUTION", names: ["top"] } };
  expect(differences([one], [other])).toEqual(["one-of-two: different"]);
  expect(differences([one], [{ ...other, changed: "the reason" }])).toEqual([]);
  expect(differences([{ case: "one-of-two", leftOut: "the reason" }], [])).toEqual([]);
});
