import fc from "fast-check";
import npa from "npm-package-arg";
import { expect, test } from "vitest";
import { InstallError } from "../../src/errors/failure.ts";
import { hostedText } from "../../src/spec/hosted.ts";
import { packageNameProblem } from "../../src/spec/package-name.ts";
import { parseArg, parseSpec, type Spec } from "../../src/spec/spec.ts";

const WHERE = "/project/packages/a";
// A page has no home folder. The core uses `/~` instead.
process.env.HOME = "/~";

function summary(spec: Spec): string {
  const rest =
    spec.type === "alias"
      ? summary(spec.subSpec)
      : spec.type === "git"
        ? [
            spec.fetchSpec,
            spec.saveSpec,
            spec.gitCommittish,
            spec.gitRange,
            spec.hosted && hostedText(spec.hosted, "scp"),
          ]
        : [spec.fetchSpec, "saveSpec" in spec ? spec.saveSpec : null];
  return JSON.stringify([spec.type, spec.name, spec.raw, spec.rawSpec, rest]);
}

function oracleSummary(spec: npa.Result): string {
  const sub = (spec as npa.AliasResult).subSpec;
  const hosted = (spec as unknown as { hosted?: { ssh(options: object): string } }).hosted;
  const rest =
    spec.type === "alias"
      ? oracleSummary(sub)
      : spec.type === "git"
        ? [
            spec.fetchSpec,
            spec.saveSpec,
            spec.gitCommittish ?? null,
            spec.gitRange,
            hosted?.ssh({ noCommittish: false }),
          ]
        : [
            spec.fetchSpec,
            spec.type === "remote" || spec.type === "file" || spec.type === "directory" ? spec.saveSpec : null,
          ];
  return JSON.stringify([spec.type, spec.name ?? "", spec.raw, spec.rawSpec, rest]);
}

const CODED = ["EUNSUPPORTEDPROTOCOL", "EINVALIDTAGNAME", "EINVALIDPACKAGENAME"];

function attempt<T>(run: () => T, show: (value: T) => string): string {
  try {
    return show(run());
  } catch (error) {
    const code = (error as { code?: string }).code ?? "";
    return CODED.includes(code) ? code : "refused";
  }
}

function agree(name: string, raw: string): void {
  const ours = attempt(() => parseSpec(name, raw, WHERE), summary);
  expect([name, raw, ours]).toEqual([name, raw, attempt(() => npa.resolve(name, raw, WHERE), oracleSummary)]);
}

function agreeArg(arg: string): void {
  const ours = attempt(() => parseArg(arg, WHERE), summary);
  expect([arg, ours]).toEqual([arg, attempt(() => npa(arg, WHERE), oracleSummary)]);
}

const SPECS = `
^1.2.3 | ~1.2 | 1.2.3 | =1.2.3 | v1.2.3 | 01.2.3 | 1.2.3-beta.1 | 1.x | * | x | >=1 <2 | >=1.0.0 <2.0.0 || 3.x | 1 - 2 | ^1||^2
latest | next-11 | la test | a%b | tag~! | 1.2.3.4 | >1.2 foo | 99999999999999999999.1.1 | >=x.1
npm:other@^1 | npm:@scope/x | npm:@scope/x@1.0.0 | NPM:x@next | npm:npm:x | npm:./x | npm:user/repo | npm:
./x | ../b | .. | . | .x | ~/x | ~x | /abs | /abs/../x/ | C:/x | c:x | file:x | FILE:x | file:./x | file:../b | file:/abs
file:///abs | file://host/x | file:////abs | file:/../x | file:///./x | file: | file:x.tgz | x.tgz | ./x.tar.gz | x.TAR
file:~/x | file:a b | file:a%20b | file:a#b | file:a?b | file:é | a/b.tgz | a/b/c | a/b/c.tar
user/repo | user/repo#v1 | user/repo#semver:^1.0 | user/repo#semver:^1%200 | user/repo.git | user/repo/ | -a/b | @a/b | a/b#c/d
github:user/repo | github:user/repo#abc | gitlab:a/b/c | gitlab:a/b | bitbucket:a/b | gist:abc | gist:user/abc#x | sourcehut:~a/b
git@github.com:user/repo | git@github.com:user/repo.git#semver:~2 | git://github.com/user/repo | git+ssh://git@github.com/a/b.git#x
git+ssh://git@github.com:a/b.git#x | ssh://git@github.com/a/b | git+https://u:p@github.com/a/b | https://github.com/a/b
https://github.com/a/b.git | https://github.com/a/b/tree/dev | https://github.com/a/b/archive/x.tar.gz | http://github.com/a/b
https://www.github.com/a/b | https://gitlab.com/a/b/c.git#x | https://gitlab.com/a/b/-/archive/x.tgz | git+http://github.com/a/b
https://bitbucket.org/a/b | https://bitbucket.org/a/b/get/x.tgz | https://gist.github.com/a/b | https://gist.github.com/b
git://gist.github.com/a/b.git | https://git.sr.ht/~a/b | git+ssh://git@git.sr.ht/~a/b | https://github.com/a | github:%zz/a
git+ssh://git@host.example:a/b.git#x | git+ssh://git@host.example:22/b.git#x | git+https://host.example/b.git#semver:1.x
git://host.example/b | git+file:///x/y.git | git+rsync://h/x | git+ftp://h/x#y::z | git+foo://h/x | host.example:a/b
http://registry.local/x.tgz | https://h.example/x | HTTPS://h.example/x | https:// | https://a b/ | ftp://h/x | git@host.example:a/b
workspace:^ | workspace:* | catalog: | link:../x | portal:x | patch:x@1#y | jsr:@a/b | jsr:^1 | user@github.com/a/b | a@b | 1@2 | a:b
`;

test("parses a list of notations as npm-package-arg does", () => {
  for (const raw of SPECS.trim().split(/ \| |\n/)) {
    agree("dep", raw);
    agreeArg(raw);
    agreeArg(`dep@${raw}`);
    agreeArg(`@scope/dep@${raw}`);
  }
  for (const raw of ["", " ", " ^1.2.3 ", "\t1.x", " latest ", " ./x", "1  ||  2", "1.2.3 ", "a\nb"]) agree("dep", raw);
  for (const arg of [
    "dep",
    "@a/b",
    "dep@",
    "@a",
    "@a/",
    "Dep",
    "node_modules",
    "_x",
    "-x",
    "a b",
    "dep.tgz",
    "dep@x.tgz",
  ]) {
    agreeArg(arg);
  }
});

test("`..` after two slashes cancels an empty segment, as in a URL", () => {
  for (const raw of [
    "vgit+ssh://..",
    "vgit+ssh://../..",
    "file:a//..",
    "file:a//../b",
    "file:a///../..",
    "./a//./..",
    "/a//..",
    "x:/..",
    "c:/a/../..",
  ])
    agree("dep", raw);
});

// Not compared: how `new URL` handles `..` next to `~`, doubled slashes, and `\\` in a `file:` path.
const UNCOMPARED_PATH = /\\|~|\/\/|\/~/;

test("parses any text as npm-package-arg does, or refuses it as well", () => {
  const tokens =
    "1 2.3 .0 ^ ~ >= < || x * - @ / . .. : # a b.c git+ssh:// https:// github.com file: npm: user semver: :: .git .tgz % v =".split(
      " ",
    );
  const text = fc.array(fc.oneof(fc.constantFrom(...tokens, " "), fc.string({ maxLength: 2 })), { maxLength: 8 });
  fc.assert(
    fc.property(text, (parts) => {
      const raw = parts.join("");
      fc.pre(/^[a-z+]+:\/\/[^/]/.test(raw) || !UNCOMPARED_PATH.test(raw));
      agree("dep", raw);
      if (raw) agreeArg(raw);
    }),
    { numRuns: 4000 },
  );
});

test("accepts exactly the names that npm accepts for old packages", () => {
  const name = (raw: string): string =>
    attempt(
      () => npa.resolve(raw, "1", WHERE),
      () => "ok",
    );
  const letters = fc.constantFrom(
    "a",
    "B",
    "1",
    ".",
    "-",
    "_",
    "@",
    "/",
    "~",
    "'",
    "(",
    "%",
    " ",
    "é",
    "\ud800",
    "node_modules",
  );
  fc.assert(
    fc.property(fc.array(letters, { minLength: 1, maxLength: 6 }), (parts) => {
      const raw = parts.join("");
      expect([raw, packageNameProblem(raw) === null]).toEqual([raw, name(raw) === "ok"]);
    }),
    { numRuns: 4000 },
  );
});

test.each([
  ["a", "workspace:^", "EUNSUPPORTEDPROTOCOL", "workspace:^"],
  ["a", "not a tag!", "EINVALIDTAGNAME", "not a tag!"],
  ["_a", "1", "EINVALIDPACKAGENAME", "_a@1"],
  ["a", "npm:npm:b", "EINVALIDALIAS", "npm:npm:b"],
])("refuses %s@%s with %s", (name, raw, code, spec) => {
  let failure: unknown;
  try {
    parseSpec(name, raw, WHERE);
  } catch (error) {
    failure = error instanceof InstallError && error.failure;
  }
  expect(failure).toMatchObject({ code, package: name, spec });
});
