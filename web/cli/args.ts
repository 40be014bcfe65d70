import type { ResolveOptions, SaveType } from "../../src/api/resolve.ts";
import { failure, InstallError } from "../../src/errors/failure.ts";
import { COMMAND_FLAGS, CONFLICTING_FLAGS, type CommandFlag, FLAG_LETTERS } from "./command-flags.ts";

export type FlagValue = boolean | string | string[];

const COMMANDS = ["lock", "install", "why", "import-map"] as const;
type Command = (typeof COMMANDS)[number];

export interface Args {
  command: Command | "help" | "version";
  positionals: string[];
  flags: Map<string, FlagValue>;
}

/** @throws InstallError EUSAGE */
export function usage(message: string, hint = "Run webhoist --help for the flags."): never {
  throw new InstallError(failure("EUSAGE", message, { wayOut: [{ kind: "other", text: hint }] }));
}

/**
 * Reads a command line: `--flag`, `--no-flag`, `--flag=value`, `--flag value`, `-D`; `--` ends the flags.
 * @throws InstallError EUSAGE for what is unknown, lacks its value or contradicts itself
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
  if (command === undefined) usage("No command was given.", "Run webhoist lock, or webhoist --help.");
  const args = { command: known(command), positionals, flags };
  checkTogether(args);
  return args;
}

function known(command: string): Command {
  const found = COMMANDS.find((each) => each === command);
  const near = closestWord(command, COMMANDS);
  return found ?? usage(`There is no command ${command}.`, near ? `Did you mean ${near}?` : undefined);
}

/** Reads the flag at `i` and gives the place of the last word it used. */
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
  if (!flag || (off && flag.kind !== "switch")) return unknown(given);
  if (flag.kind === "switch") {
    if (value !== undefined && !/^(true|false)$/.test(value)) usage(`${given} is on or off: it takes no value.`);
    flags.set(name, (value !== "false") !== off);
    return i;
  }
  // `--update` alone is all packages.
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
  if (wrong !== undefined) usage(`${name} cannot be ${wrong}.`, `It is one of ${flag.choices!.join(", ")}.`);
  return { values, end };
}

function unknown(given: string): never {
  const name = given.replace(/^--?/, "");
  const near =
    closestWord(name, [...COMMAND_FLAGS.keys()]) ?? closestWord(name.replace(/^no-/, ""), [...COMMAND_FLAGS.keys()]);
  usage(`There is no flag ${given}.`, near && given.startsWith("--") ? `Did you mean --${near}?` : undefined);
}

function checkTogether({ command, positionals, flags }: Args): void {
  for (const [a, b] of CONFLICTING_FLAGS)
    if (flags.get(a) && flags.get(b)) usage(`--${a} and --${b} contradict each other.`, "Give one of them.");
  for (const name of flags.keys()) checkFlag(name, command, strategyOf(command, flags));
  if (command === "import-map") checkProvider(flags);
  if (command === "why") {
    if (positionals.length === 0) usage("Which package? webhoist why NAME [DIR].");
  }
  const most = command === "why" ? 2 : 1;
  if (positionals.length > most)
    usage(
      `One folder at a time: ${positionals.slice(most).join(" ")} is too much.`,
      command === "import-map" ? undefined : "To add packages, write --add.",
    );
  // A token must not follow a registry that the project's own .npmrc names.
  if (flags.has("token-env") && !flags.has("registry"))
    usage("--token-env needs --registry: the token is sent only there.");
  if (flags.has("before") && Number.isNaN(Date.parse(flags.get("before") as string))) usage("--before is not a date.");
  if (flags.has("min-release-age") && !/^\d+(\.\d+)?$/.test(flags.get("min-release-age") as string))
    usage("--min-release-age is a number of days.");
}

/** Import maps have one version of each package unless told otherwise. */
function strategyOf(command: Args["command"], flags: Args["flags"]): FlagValue {
  return flags.get("strategy") ?? (command === "import-map" ? "flat" : "npm");
}

function checkFlag(name: string, command: Args["command"], strategy: FlagValue): void {
  const { changes, lockOnly, mapOnly, flatOnly } = COMMAND_FLAGS.get(name) ?? {};
  if ((command === "why" || command === "import-map") && (changes || lockOnly))
    usage(`--${name} is a flag of webhoist lock: ${command} changes nothing.`);
  if (command === "install" && lockOnly) usage(`--${name} is a flag of webhoist lock.`);
  if (command !== "import-map" && mapOnly) usage(`--${name} is a flag of webhoist import-map.`);
  if (strategy !== "flat" && flatOnly) usage(`--${name} is of flat resolutions.`, "Add --strategy=flat.");
}

const PROVIDER_NAMES = ["esm.sh", "jsdelivr", "unpkg", "jspm", "installed"];

/** A CDN by name, `installed`, or a template. */
function checkProvider(flags: Args["flags"]): void {
  const provider = (flags.get("provider") as string | undefined) ?? "esm.sh";
  if (!PROVIDER_NAMES.includes(provider) && !provider.includes("{name}")) {
    const near = closestWord(provider, PROVIDER_NAMES);
    const hint = `It is one of ${PROVIDER_NAMES.join(", ")}, or a URL with {name}, {version} and {path}.`;
    usage(`--provider cannot be ${provider}.`, near ? `Did you mean ${near}? ${hint}` : hint);
  }
  if (flags.has("conditions") && provider !== "installed")
    usage("--conditions needs --provider=installed: a CDN chooses for itself.");
}

const SAVE_TYPES: readonly (readonly [string, SaveType])[] = [
  ["save-prod", "prod"],
  ["save-dev", "dev"],
  ["save-optional", "optional"],
  ["save-peer", "peer"],
];

/** The flags as the library's options; a strategy only where one was named. `--save-peer --save-optional` is an optional peer, as npm has it. */
export function resolveOptionsFrom(flags: Args["flags"]): ResolveOptions {
  const options: Record<string, unknown> = {};
  const same = ["legacy-peer-deps", "strict-peer-deps", "force", "prefer-dedupe", "install-strategy", "install-links"];
  same.push("omit", "before", "engine-strict", "include-workspace-root", "os", "cpu", "libc", "add", "rm", "update");
  same.push("strategy", "relax", "resolution-mode", "prereleases");
  for (const name of [...same, "save", "save-bundle", "save-exact", "save-prefix"])
    if (flags.has(name)) options[name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())] = flags.get(name);
  if (flags.has("workspace")) options["workspaces"] = flags.get("workspace");
  if (flags.has("singleton")) options["singletons"] = flags.get("singleton");
  if (flags.has("tag")) options["defaultTag"] = flags.get("tag");
  if (flags.has("complete")) options["completeLockfile"] = flags.get("complete");
  for (const name of ["lockfile-version", "min-release-age"])
    if (flags.has(name))
      options[name === "lockfile-version" ? "lockfileVersion" : "minReleaseAge"] = Number(flags.get(name));
  const types = SAVE_TYPES.filter(([name]) => flags.get(name)).map(([, type]) => type);
  if (types.length > 0) options["saveType"] = types.length > 1 ? "peerOptional" : types[0];
  // `npm update` leaves package.json as it is unless it is told to save; the library's own default is npm install's.
  if (flags.has("update") && !flags.has("save") && !flags.has("add") && !flags.has("rm")) options["save"] = false;
  return options;
}

/** The word nearest to `word`, if at most half of its letters, and at most three, must change. */
export function closestWord(word: string, words: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.min(3, Math.floor(word.length / 2)) + 1;
  for (const other of words) {
    const steps = editDistance(word, other);
    if (steps < least) {
      least = steps;
      best = other;
    }
  }
  return best;
}

/** Letters to add, leave out or exchange. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
