import { expect, test } from "vitest";
import { failure, InstallError } from "../../../src/errors/failure.ts";
import { closestWord, parseArgs, resolveOptionsFrom } from "../../../web/cli/args.ts";
import { COMMAND_FLAGS, FLAG_LETTERS, HELP_TEXT } from "../../../web/cli/command-flags.ts";

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

test("npm's own flags become the library's options", () => {
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

test("how to resolve flat", () => {
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

test("an import map is flat unless told otherwise, of a CDN by name, of a template or of installed files", () => {
  const map = (...argv: string[]): string => refusal("import-map", "app", ...argv);
  expect(map("--relax=peers", "--provider=jspm", "--base=https://cdn.example/", "--out=map.json")).toBe("accepted");
  expect(map("--provider", "https://cdn.example/{name}@{version}{path}")).toBe("accepted");
  expect(map("--provider=installed", "--conditions=browser,development")).toBe("accepted");
  expect(map("--strategy=npm", "--relax=peers")).toContain("--relax is of flat resolutions.");
});

test("what to change: several specs after one flag, npm's save flags, update of all or of some", () => {
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

test("the folder may stand before or after; -- ends the flags", () => {
  expect(parseArgs(["lock", "app", "--force"]).positionals).toEqual(["app"]);
  expect(parseArgs(["--update", "lock", "app"]).positionals).toEqual(["app"]);
  expect(parseArgs(["lock", "--force", "--", "--odd-folder"]).positionals).toEqual(["--odd-folder"]);
  expect(parseArgs(["why", "ms", "app"])).toMatchObject({ command: "why", positionals: ["ms", "app"] });
});

test.each([
  [["lock", "--legacy-peer-dep"], "EUSAGE There is no flag --legacy-peer-dep. Did you mean --legacy-peer-deps?"],
  [["lock", "--no-save-dve"], "EUSAGE There is no flag --no-save-dve. Did you mean --save-dev?"],
  [["lock", "--no-registry"], "EUSAGE There is no flag --no-registry. Did you mean --registry?"],
  [["lock", "-x"], "EUSAGE There is no flag -x. Run webhoist --help for the flags."],
  [["lock", "-force"], "EUSAGE There is no flag -force. Run webhoist --help for the flags."],
  [["lock", "--__proto__=1"], "EUSAGE There is no flag --__proto__. Run webhoist --help for the flags."],
  [["lock", "--registry"], "EUSAGE --registry needs a value. Run webhoist --help for the flags."],
  [["lock", "--add"], "EUSAGE --add needs a value. Run webhoist --help for the flags."],
  [["lock", "--tag="], "EUSAGE --tag needs a value. Run webhoist --help for the flags."],
  [["lock", "--force=maybe"], "EUSAGE --force is on or off: it takes no value. Run webhoist --help for the flags."],
  [["lock", "--omit=prod"], "EUSAGE --omit cannot be prod. It is one of dev, optional, peer."],
  [["lock", "--lockfile-version=4"], "EUSAGE --lockfile-version cannot be 4. It is one of 1, 2, 3."],
  [["lock", "--before=soon"], "EUSAGE --before is not a date. Run webhoist --help for the flags."],
  [["lock", "--min-release-age=x"], "EUSAGE --min-release-age is a number of days. Run webhoist --help for the flags."],
  [["lock", "-D", "-P"], "EUSAGE --save-prod and --save-dev contradict each other. Give one of them."],
  [["lock", "--stdout", "--json"], "EUSAGE --stdout and --json contradict each other. Give one of them."],
  [["lock", "a", "b"], "EUSAGE One folder at a time: b is too much. To add packages, write --add."],
  [["why"], "EUSAGE Which package? webhoist why NAME [DIR]. Run webhoist --help for the flags."],
  [
    ["why", "ms", "--dry-run"],
    "EUSAGE --dry-run is a flag of webhoist lock: why changes nothing. Run webhoist --help for the flags.",
  ],
  [["lock", "--strategy=pubgrub"], "EUSAGE --strategy cannot be pubgrub. It is one of npm, flat."],
  [["lock", "--strategy=flat", "--relax=all"], "EUSAGE --relax cannot be all. It is one of none, peers, copies."],
  [["lock", "--relax=peers"], "EUSAGE --relax is of flat resolutions. Add --strategy=flat."],
  [["why", "ms", "--singleton=ms"], "EUSAGE --singleton is of flat resolutions. Add --strategy=flat."],
  [
    ["lock", "--provider=jspm"],
    "EUSAGE --provider is a flag of webhoist import-map. Run webhoist --help for the flags.",
  ],
  [
    ["import-map", "--provider=jsdeliver"],
    "EUSAGE --provider cannot be jsdeliver. Did you mean jsdelivr? It is one of esm.sh, jsdelivr, unpkg, jspm, installed, or a URL with {name}, {version} and {path}.",
  ],
  [
    ["import-map", "--provider=https://cdn.example/"],
    "EUSAGE --provider cannot be https://cdn.example/. It is one of esm.sh, jsdelivr, unpkg, jspm, installed, or a URL with {name}, {version} and {path}.",
  ],
  [
    ["import-map", "--conditions=browser"],
    "EUSAGE --conditions needs --provider=installed: a CDN chooses for itself. Run webhoist --help for the flags.",
  ],
  [
    ["import-map", "--add", "ms"],
    "EUSAGE --add is a flag of webhoist lock: import-map changes nothing. Run webhoist --help for the flags.",
  ],
  [["import-map", "a", "b"], "EUSAGE One folder at a time: b is too much. Run webhoist --help for the flags."],
  [["importmap"], "EUSAGE There is no command importmap. Did you mean import-map?"],
  [["lokc"], "EUSAGE There is no command lokc. Did you mean lock?"],
  [["instal"], "EUSAGE There is no command instal. Did you mean install?"],
  [["install", "--stdout"], "EUSAGE --stdout is a flag of webhoist lock. Run webhoist --help for the flags."],
  [["install", "a", "b"], "EUSAGE One folder at a time: b is too much. To add packages, write --add."],
  [[], "EUSAGE No command was given. Run webhoist lock, or webhoist --help."],
])("refused: %j", (argv, text) => {
  expect(refusal(...argv)).toBe(text);
});

test("a token goes to a registry that the command line names, never to one from a project's file", () => {
  expect(refusal("lock", "--token-env=NPM_TOKEN")).toContain("--token-env needs --registry");
});

test("every flag is in the help, by its name or its letter, and every letter stands for a flag", () => {
  const letters = new Map([...FLAG_LETTERS].map(([letter, name]) => [name, `-${letter}`]));
  const told = (name: string): boolean =>
    [`--${name}`, `--no-${name}`, letters.get(name)].some((form) =>
      new RegExp(`(^|[\\s,])${form}(?![-\\w])`, "m").test(HELP_TEXT),
    );
  expect([...COMMAND_FLAGS.keys()].filter((name) => !told(name))).toEqual([]);
  expect([...FLAG_LETTERS.values()].filter((name) => !COMMAND_FLAGS.has(name))).toEqual([]);
});

test("the nearest word is near", () => {
  expect(closestWord("strct-peer-dpes", [...COMMAND_FLAGS.keys()])).toBe("strict-peer-deps");
  expect(closestWord("zzzz", [...COMMAND_FLAGS.keys()])).toBeUndefined();
  expect(closestWord("", [...COMMAND_FLAGS.keys()])).toBeUndefined();
});
