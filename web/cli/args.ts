import type { ResolveOptions, SaveType } from "../../src/api/resolve.ts";
import { closestWord } from "../../src/base/closest-word.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { wrongUsage } from "../../src/errors/usage.ts";
import { COMMAND_FLAGS, CONFLICTING_FLAGS, type CommandFlag, FLAG_LETTERS } from "./command-flags.ts";

export type FlagValue = boolean | string | string[];

const COMMANDS = ["lock", "install", "why", "import-map"] as const;
type Command = (typeof COMMANDS)[number];

export interface Args {
  command: Command | "help" | "version";
  positionals: string[];
  flags: Map<string, FlagValue>;
}

/** Fails with a message about the command line and a hint of what to do. @throws InstallError EUSAGE */
export function usage(message: string, hint = "Run webhoist --help for the list of flags."): never {
  throw new InstallError(wrongUsage(message, hint));
}

/**
 * Reads a command line: `--flag`, `--no-flag`, `--flag=value`, `--flag value`, `-D`; `--` ends the flags.
 * @throws InstallError EUSAGE if a command or flag is unknown, a value is missing or wrong, or two flags contradict each other
 */
export function parseArgs(argv: readonly string[]): Args {
  const words: string[] = [];
  const flags = new Map<string, FlagValue>();
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (word === "--") {
      words.push(...argv.slice(i + 1));
      break;
    }
    if (word.startsWith("-") && word !== "-") i = readFlag(argv, i, flags);
    else words.push(word);
  }
  const [command, ...positionals] = words;
  if (flags.get("help") || command === "help") return { command: "help", positionals: [], flags };
  if (flags.get("version")) return { command: "version", positionals: [], flags };
  if (command === undefined) usage("No command given.", "Run webhoist lock, or webhoist --help.");
  const args = { command: knownCommand(command), positionals, flags };
  checkArgs(args);
  return args;
}

function knownCommand(command: string): Command {
  const found = COMMANDS.find((each) => each === command);
  const near = closestWord(command, COMMANDS);
  return found ?? usage(`Unknown command: ${command}.`, near ? `Did you mean ${near}?` : undefined);
}

/** Reads the flag at `i` into `flags`. Returns the index of the last word that belongs to it. */
function readFlag(argv: readonly string[], i: number, flags: Map<string, FlagValue>): number {
  const word = argv[i] as string;
  const equals = word.indexOf("=");
  const given = equals < 0 ? word : word.slice(0, equals);
  const value = equals < 0 ? undefined : word.slice(equals + 1);
  const bare = given.replace(/^--?/, "");
  const named = given.startsWith("--") ? bare : (FLAG_LETTERS.get(bare) ?? "");
  const off = !COMMAND_FLAGS.has(named) && named.startsWith("no-");
  const name = off ? named.slice(3) : named;
  const flag = COMMAND_FLAGS.get(name);
  if (!flag || (off && flag.kind !== "switch")) return unknownFlag(given);
  if (flag.kind === "switch") {
    if (value !== undefined && !/^(true|false)$/.test(value))
      usage(`${given} takes no value other than true or false.`);
    flags.set(name, (value !== "false") !== off);
    return i;
  }
  // `--update` without a value updates all packages.
  if (name === "update" && value === undefined) {
    flags.set(name, flags.get(name) ?? true);
    return i;
  }
  const { values, end } = valuesOf(argv, i, { name: given, flag, value });
  if (flag.kind !== "list" && flag.kind !== "rest") flags.set(name, values[0] as string);
  else {
    const earlier = flags.get(name);
    flags.set(name, [...(Array.isArray(earlier) ? earlier : []), ...values]);
  }
  return end;
}

function valuesOf(
  argv: readonly string[],
  i: number,
  { name, flag, value }: { name: string; flag: CommandFlag; value: string | undefined },
): { values: string[]; end: number } {
  const values = value === undefined ? [] : flag.kind === "list" ? value.split(",") : [value];
  let end = i;
  const most = flag.kind === "rest" ? argv.length : 1;
  if (value === undefined)
    while (values.length < most && argv[end + 1] !== undefined && !argv[end + 1]!.startsWith("-"))
      values.push(argv[++end]!);
  if (values.length === 0 || values.includes("")) usage(`${name} needs a value.`);
  const wrong = flag.choices && values.find((each) => !flag.choices!.includes(each));
  if (wrong !== undefined) usage(`${name} does not accept ${wrong}.`, `Use one of: ${flag.choices!.join(", ")}.`);
  return { values, end };
}

function unknownFlag(given: string): never {
  const name = given.replace(/^--?/, "");
  const near =
    closestWord(name, [...COMMAND_FLAGS.keys()]) ?? closestWord(name.replace(/^no-/, ""), [...COMMAND_FLAGS.keys()]);
  usage(`Unknown flag: ${given}.`, near && given.startsWith("--") ? `Did you mean --${near}?` : undefined);
}

/** Checks the flags and positionals against each other and against the command. @throws InstallError EUSAGE */
function checkArgs({ command, positionals, flags }: Args): void {
  for (const [a, b] of CONFLICTING_FLAGS)
    if (flags.get(a) && flags.get(b)) usage(`--${a} and --${b} cannot be combined.`, "Use only one of them.");
  for (const name of flags.keys()) checkFlag(name, command, strategyOf(command, flags));
  if (command === "import-map") checkProvider(flags);
  if (command === "why" && positionals.length === 0)
    usage("The package name is missing.", "Run webhoist why NAME [DIR].");
  const most = command === "why" ? 2 : 1;
  if (positionals.length > most)
    usage(
      `Too many arguments: ${positionals.slice(most).join(" ")}. Only one folder is accepted.`,
      command === "import-map" ? undefined : "To add packages, use --add.",
    );
  // A token must never go to a registry that only the project's .npmrc names.
  if (flags.has("token-env") && !flags.has("registry"))
    usage("--token-env needs --registry: the token is sent to that registry only.", "Add --registry=URL.");
  if (flags.has("before") && Number.isNaN(Date.parse(flags.get("before") as string)))
    usage(`--before must be a date, not ${flags.get("before")}.`, "For example: --before=2026-01-31.");
  if (flags.has("min-release-age") && !/^\d+(\.\d+)?$/.test(flags.get("min-release-age") as string))
    usage(
      `--min-release-age must be a number of days, not ${flags.get("min-release-age")}.`,
      "For example: --min-release-age=3.",
    );
}

/** Returns the strategy in force: `import-map` is flat by default, every other command follows npm. */
function strategyOf(command: Args["command"], flags: Args["flags"]): FlagValue {
  return flags.get("strategy") ?? (command === "import-map" ? "flat" : "npm");
}

/** Checks that a flag applies to the command and the strategy. @throws InstallError EUSAGE */
function checkFlag(name: string, command: Args["command"], strategy: FlagValue): void {
  const { changes, lockOnly, mapOnly, flatOnly } = COMMAND_FLAGS.get(name) ?? {};
  if (changes && command !== "lock" && command !== "install")
    usage(`--${name} works only with webhoist lock and webhoist install: webhoist ${command} changes no dependencies.`);
  if (lockOnly && command !== "lock") usage(`--${name} works only with webhoist lock.`);
  if (mapOnly && command !== "import-map") usage(`--${name} works only with webhoist import-map.`);
  if (flatOnly && strategy !== "flat") usage(`--${name} works only with the flat strategy.`, "Add --strategy=flat.");
}

const PROVIDER_NAMES = ["esm.sh", "jsdelivr", "unpkg", "jspm", "installed"];

/** Checks `--provider`: the name of a CDN, `installed`, or a URL template. @throws InstallError EUSAGE */
function checkProvider(flags: Args["flags"]): void {
  const provider = (flags.get("provider") as string | undefined) ?? "esm.sh";
  if (!PROVIDER_NAMES.includes(provider) && !provider.includes("{name}")) {
    const near = closestWord(provider, PROVIDER_NAMES);
    const hint = `Use one of: ${PROVIDER_NAMES.join(", ")}; or a URL template with {name}, {version} and {path}.`;
    usage(`--provider does not accept ${provider}.`, near ? `Did you mean ${near}? ${hint}` : hint);
  }
  if (flags.has("conditions") && provider !== "installed")
    usage("--conditions needs --provider=installed: a CDN chooses its own conditions.");
}

const SAVE_TYPES: readonly (readonly [string, SaveType])[] = [
  ["save-prod", "prod"],
  ["save-dev", "dev"],
  ["save-optional", "optional"],
  ["save-peer", "peer"],
];

/**
 * Returns the flags as options of `installer.resolve`. `strategy` is set only if the command line names one. As in npm,
 * `--save-peer --save-optional` saves an optional peer dependency.
 */
export function resolveOptionsFrom(flags: Args["flags"]): ResolveOptions {
  const options: Record<string, unknown> = {};
  const same = ["legacy-peer-deps", "strict-peer-deps", "force", "prefer-dedupe", "install-strategy", "install-links"];
  same.push("omit", "before", "engine-strict", "include-workspace-root", "os", "cpu", "libc", "add", "rm", "update");
  same.push(
    "omit-lockfile-registry-resolved",
    "format-package-lock",
    "strategy",
    "relax",
    "resolution-mode",
    "prereleases",
  );
  same.push("strict-npmrc", "replace-registry-host", "allow-git", "allow-remote", "allow-file", "allow-directory");
  same.push("allow-unused-patches");
  for (const name of [...same, "save", "save-bundle", "save-exact", "save-prefix"])
    if (flags.has(name)) options[name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())] = flags.get(name);
  if (flags.has("workspace")) options["workspaces"] = flags.get("workspace");
  if (flags.has("singleton")) options["singletons"] = flags.get("singleton");
  if (flags.has("tag")) options["defaultTag"] = flags.get("tag");
  if (flags.has("complete")) options["completeLockfile"] = flags.get("complete");
  for (const name of ["lockfile-version", "min-release-age"])
    if (flags.has(name))
      options[name === "lockfile-version" ? "lockfileVersion" : "minReleaseAge"] = Number(flags.get(name));
  // npm's old names of two strategies win over --install-strategy.
  if (flags.get("global-style")) options["installStrategy"] = "shallow";
  if (flags.get("legacy-bundling")) options["installStrategy"] = "nested";
  const types = SAVE_TYPES.filter(([name]) => flags.get(name)).map(([, type]) => type);
  if (types.length > 0) options["saveType"] = types.length > 1 ? "peerOptional" : types[0];
  // `npm update` changes package.json only with --save. The library's default is the one of `npm install`, which saves.
  if (flags.has("update") && !flags.has("save") && !flags.has("add") && !flags.has("rm")) options["save"] = false;
  return options;
}
