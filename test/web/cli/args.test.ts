import { expect, test } from "vitest";
import { closestWord } from "../../../src/base/closest-word.ts";
import { failure, InstallError } from "../../../src/errors/failure.ts";
import { parseArgs, resolveOptionsFrom } from "../../../web/cli/args.ts";
import { COMMAND_FLAGS, FLAG_LETTERS } from "../../../web/cli/command-flags.ts";
import { HELP_TEXT } from "../../../web/cli/help-text.ts";

const options = (...argv: string[]): unknown => resolveOptionsFrom(parseArgs(["lock", ...argv]).flags);

function refusal(...argv: string[]): string {
  try {
    parseArgs(argv);
    return "accepted";
  } catch (error) {
    const { code, message, wayOut } =
      error instanceof InstallError ? error.failure : failure("EINTERNAL", String(error));
    return `${code} ${message} ${wayOut.map(({ text }) => text).join(" ")}`.trim();
  }
}

test("npm's flags become options of the library", () => {
  expect(
    options(
      ...[
        "--legacy-peer-deps",
        "--force=false",
        "--no-prefer-dedupe",
        "--install-strategy",
        "nested",
        "--omit=dev,peer",
      ],
      ...[
        "--omit",
        "optional",
        "--before=2024-05-01",
        "--engine-strict",
        "--lockfile-version=2",
        "-w",
        "a",
        "--workspace=b",
      ],
      ...["--include-workspace-root", "--os=darwin", "--cpu", "arm64", "--libc=musl", "--tag=next", "--complete"],
    ),
  ).toEqual({
    legacyPeerDeps: true,
    force: false,
    preferDedupe: false,
    installStrategy: "nested",
    omit: ["dev", "peer", "optional"],
    before: "2024-05-01",
    engineStrict: true,
    lockfileVersion: 2,
    workspaces: ["a", "b"],
    includeWorkspaceRoot: true,
    os: "darwin",
    cpu: "arm64",
    libc: "musl",
    defaultTag: "next",
    completeLockfile: true,
  });
  expect(options("--min-release-age=2.5")).toEqual({ minReleaseAge: 2.5 });
});

test("the flags of a flat resolution become options of the library", () => {
  const flat = ["--strategy=flat", "--relax", "copies", "--resolution-mode=lowest-direct", "--prereleases=never"];
  expect(options(...flat, "--singleton", "react", "--singleton=vue,@s/x")).toEqual({
    strategy: "flat",
    relax: "copies",
    resolutionMode: "lowest-direct",
    prereleases: "never",
    singletons: ["react", "vue", "@s/x"],
  });
  expect(options("--strategy=npm")).toEqual({ strategy: "npm" });
});

test("import-map is flat by default and accepts a CDN name, a template or installed files as provider", () => {
  const map = (...argv: string[]): string => refusal("import-map", "app", ...argv);
  expect(map("--relax=peers", "--provider=jspm", "--base=https://cdn.example/", "--out=map.json")).toBe("accepted");
  expect(map("--provider", "https://cdn.example/{name}@{version}{path}")).toBe("accepted");
  expect(map("--provider=installed", "--conditions=browser,development")).toBe("accepted");
  expect(map("--strategy=npm", "--relax=peers")).toContain("--relax works only with the flat strategy.");
});

test("--add and --rm take several specs, npm's save flags work, and --update takes all packages or some", () => {
  const add = ["--add", "react@18", "@s/x", "--rm", "ms", "debug", "--add=left-pad"];
  expect(options(...add, "-D", "-E", "--save-prefix=~", "--no-save", "-B")).toEqual({
    add: ["react@18", "@s/x", "left-pad"],
    rm: ["ms", "debug"],
    saveType: "dev",
    saveExact: true,
    savePrefix: "~",
    save: false,
    saveBundle: true,
  });
  expect(options("--save-peer", "-O")).toEqual({ saveType: "peerOptional" });
  expect(options("--update")).toEqual({ update: true, save: false });
  expect(options("--update", "--save")).toEqual({ update: true, save: true });
  expect(options("--update=a,@s/b", "--update=c")).toEqual({ update: ["a", "@s/b", "c"], save: false });
  expect(options("--update", "--update=c")).toEqual({ update: ["c"], save: false });
});

test("the folder may come before or after the flags, and -- ends the flags", () => {
  expect(parseArgs(["lock", "app", "--force"]).positionals).toEqual(["app"]);
  expect(parseArgs(["--update", "lock", "app"]).positionals).toEqual(["app"]);
  expect(parseArgs(["lock", "--force", "--", "--odd-folder"]).positionals).toEqual(["--odd-folder"]);
  expect(parseArgs(["why", "ms", "app"])).toMatchObject({ command: "why", positionals: ["ms", "app"] });
});

test.each([
  [["lock", "--legacy-peer-dep"], "EUSAGE Unknown flag: --legacy-peer-dep. Did you mean --legacy-peer-deps?"],
  [["lock", "--no-save-dve"], "EUSAGE Unknown flag: --no-save-dve. Did you mean --save-dev?"],
  [["lock", "--no-registry"], "EUSAGE Unknown flag: --no-registry. Did you mean --registry?"],
  [["lock", "-x"], "EUSAGE Unknown flag: -x. Run webhoist --help for the list of flags."],
  [["lock", "-force"], "EUSAGE Unknown flag: -force. Run webhoist --help for the list of flags."],
  [["lock", "--__proto__=1"], "EUSAGE Unknown flag: --__proto__. Run webhoist --help for the list of flags."],
  [["lock", "--registry"], "EUSAGE --registry needs a value. Run webhoist --help for the list of flags."],
  [["lock", "--add"], "EUSAGE --add needs a value. Run webhoist --help for the list of flags."],
  [["lock", "--tag="], "EUSAGE --tag needs a value. Run webhoist --help for the list of flags."],
  [
    ["lock", "--force=maybe"],
    "EUSAGE --force takes no value other than true or false. Run webhoist --help for the list of flags.",
  ],
  [["lock", "--omit=prod"], "EUSAGE --omit does not accept prod. Use one of: dev, optional, peer."],
  [["lock", "--lockfile-version=4"], "EUSAGE --lockfile-version does not accept 4. Use one of: 1, 2, 3."],
  [["lock", "--before=soon"], "EUSAGE --before must be a date, not soon. For example: --before=2026-01-31."],
  [
    ["lock", "--min-release-age=x"],
    "EUSAGE --min-release-age must be a number of days, not x. For example: --min-release-age=3.",
  ],
  [["lock", "-D", "-P"], "EUSAGE --save-prod and --save-dev cannot be combined. Use only one of them."],
  [["lock", "--stdout", "--json"], "EUSAGE --stdout and --json cannot be combined. Use only one of them."],
  [["lock", "a", "b"], "EUSAGE Too many arguments: b. Only one folder is accepted. To add packages, use --add."],
  [["why"], "EUSAGE The package name is missing. Run webhoist why NAME [DIR]."],
  [
    ["why", "ms", "--dry-run"],
    "EUSAGE --dry-run works only with webhoist lock. Run webhoist --help for the list of flags.",
  ],
  [["lock", "--strategy=pubgrub"], "EUSAGE --strategy does not accept pubgrub. Use one of: npm, flat."],
  [["lock", "--strategy=flat", "--relax=all"], "EUSAGE --relax does not accept all. Use one of: none, peers, copies."],
  [["lock", "--relax=peers"], "EUSAGE --relax works only with the flat strategy. Add --strategy=flat."],
  [["why", "ms", "--singleton=ms"], "EUSAGE --singleton works only with the flat strategy. Add --strategy=flat."],
  [
    ["lock", "--provider=jspm"],
    "EUSAGE --provider works only with webhoist import-map. Run webhoist --help for the list of flags.",
  ],
  [
    ["import-map", "--provider=jsdeliver"],
    "EUSAGE --provider does not accept jsdeliver. Did you mean jsdelivr? Use one of: esm.sh, jsdelivr, unpkg, jspm, installed; or a URL template with {name}, {version} and {path}.",
  ],
  [
    ["import-map", "--provider=https://cdn.example/"],
    "EUSAGE --provider does not accept https://cdn.example/. Use one of: esm.sh, jsdelivr, unpkg, jspm, installed; or a URL template with {name}, {version} and {path}.",
  ],
  [
    ["import-map", "--conditions=browser"],
    "EUSAGE --conditions needs --provider=installed: a CDN chooses its own conditions. Run webhoist --help for the list of flags.",
  ],
  [
    ["import-map", "--add", "ms"],
    "EUSAGE --add works only with webhoist lock and webhoist install: webhoist import-map changes no dependencies. Run webhoist --help for the list of flags.",
  ],
  [
    ["import-map", "a", "b"],
    "EUSAGE Too many arguments: b. Only one folder is accepted. Run webhoist --help for the list of flags.",
  ],
  [["importmap"], "EUSAGE Unknown command: importmap. Did you mean import-map?"],
  [["lokc"], "EUSAGE Unknown command: lokc. Did you mean lock?"],
  [["instal"], "EUSAGE Unknown command: instal. Did you mean install?"],
  [
    ["install", "--stdout"],
    "EUSAGE --stdout works only with webhoist lock. Run webhoist --help for the list of flags.",
  ],
  [["install", "a", "b"], "EUSAGE Too many arguments: b. Only one folder is accepted. To add packages, use --add."],
  [[], "EUSAGE No command given. Run webhoist lock, or webhoist --help."],
])("refuses %j", (argv, text) => {
  expect(refusal(...argv)).toBe(text);
});

test("--token-env needs a registry on the command line, so that no .npmrc can redirect the token", () => {
  expect(refusal("lock", "--token-env=NPM_TOKEN")).toContain("--token-env needs --registry");
});

test("the help lists every flag by its name or letter, and every letter stands for a flag", () => {
  const letters = new Map([...FLAG_LETTERS].map(([letter, name]) => [name, `-${letter}`]));
  const isListed = (name: string): boolean =>
    [`--${name}`, `--no-${name}`, letters.get(name)].some((form) =>
      new RegExp(`(^|[\\s,])${form}(?![-\\w])`, "m").test(HELP_TEXT),
    );
  expect([...COMMAND_FLAGS.keys()].filter((name) => !isListed(name))).toEqual([]);
  expect([...FLAG_LETTERS.values()].filter((name) => !COMMAND_FLAGS.has(name))).toEqual([]);
});

test("suggests the closest word only if it is close enough", () => {
  expect(closestWord("strct-peer-dpes", [...COMMAND_FLAGS.keys()])).toBe("strict-peer-deps");
  expect(closestWord("zzzz", [...COMMAND_FLAGS.keys()])).toBeUndefined();
  expect(closestWord("", [...COMMAND_FLAGS.keys()])).toBeUndefined();
});
