/**
 * How a flag takes its value:
 *
 * - `switch`: no value
 * - `text`: one value
 * - `choice`: one of `choices`
 * - `list`: several values, separated by commas or by repeating the flag
 * - `rest`: every word up to the next flag
 */
type FlagKind = "switch" | "text" | "choice" | "list" | "rest";

export interface CommandFlag {
  kind: FlagKind;
  choices?: readonly string[];
  /** The flag changes dependencies: `lock` and `install` only. */
  changes?: true;
  /** The flag belongs to `lock` only. */
  lockOnly?: true;
  /** The flag belongs to `import-map` only. */
  mapOnly?: true;
  /** The flag applies to flat resolutions only. */
  flatOnly?: true;
}

const on: CommandFlag = { kind: "switch" };
const text: CommandFlag = { kind: "text" };
const change: CommandFlag = { kind: "switch", changes: true };
const output: CommandFlag = { kind: "switch", lockOnly: true };
const map: CommandFlag = { kind: "text", mapOnly: true };
const choice = (...choices: string[]): CommandFlag => ({ kind: "choice", choices });
const sources = choice("all", "root", "none");
const flat = (...choices: string[]): CommandFlag => ({ kind: "choice", choices, flatOnly: true });

/** Every flag. Flags that npm has keep npm's name. A switch also accepts the prefix `--no-` and the suffixes `=true` and `=false`. */
export const COMMAND_FLAGS: ReadonlyMap<string, CommandFlag> = new Map<string, CommandFlag>([
  ["add", { kind: "rest", changes: true }],
  ["rm", { kind: "rest", changes: true }],
  ["update", { kind: "list", changes: true }],
  ["save", change],
  ["save-prod", change],
  ["save-dev", change],
  ["save-optional", change],
  ["save-peer", change],
  ["save-bundle", change],
  ["save-exact", change],
  ["save-prefix", { kind: "text", changes: true }],
  ["legacy-peer-deps", on],
  ["strict-peer-deps", on],
  ["force", on],
  ["prefer-dedupe", on],
  ["install-strategy", choice("hoisted", "nested", "shallow", "linked")],
  ["install-links", on],
  ["global-style", on],
  ["legacy-bundling", on],
  ["strategy", choice("npm", "flat")],
  ["relax", flat("none", "peers", "copies")],
  ["resolution-mode", flat("highest", "lowest", "lowest-direct")],
  ["prereleases", flat("as-written", "never", "if-necessary", "allow")],
  ["singleton", { kind: "list", flatOnly: true }],
  ["omit", { kind: "list", choices: ["dev", "optional", "peer"] }],
  ["before", text],
  ["min-release-age", text],
  ["engine-strict", on],
  ["replace-registry-host", text],
  ["allow-git", sources],
  ["allow-remote", sources],
  ["allow-file", sources],
  ["allow-directory", sources],
  ["allow-unused-patches", on],
  ["ignore-patch-failures", on],
  ["lockfile-version", choice("1", "2", "3")],
  ["omit-lockfile-registry-resolved", on],
  ["format-package-lock", on],
  ["workspace", { kind: "list" }],
  ["include-workspace-root", on],
  ["os", text],
  ["cpu", text],
  ["libc", choice("glibc", "musl")],
  ["tag", text],
  ["node-version", text],
  ["npm-version", text],
  ["registry", text],
  ["token-env", text],
  ["no-project-config", on],
  ["npmrc-env", { kind: "list" }],
  ["strict-npmrc", on],
  ["project-config", { kind: "list" }],
  ["metadata", choice("abbreviated", "full")],
  ["complete", on],
  ["stdout", output],
  ["dry-run", output],
  ["provider", map],
  ["base", map],
  ["conditions", { kind: "list", mapOnly: true }],
  ["out", map],
  ["json", on],
  ["help", on],
  ["version", on],
]);

/** The one-letter forms, as in npm. */
export const FLAG_LETTERS: ReadonlyMap<string, string> = new Map([
  ["D", "save-dev"],
  ["O", "save-optional"],
  ["P", "save-prod"],
  ["B", "save-bundle"],
  ["E", "save-exact"],
  ["f", "force"],
  ["w", "workspace"],
  ["h", "help"],
  ["v", "version"],
]);

/** Pairs of flags that contradict each other. */
export const CONFLICTING_FLAGS: readonly (readonly [string, string])[] = [
  ["save-prod", "save-dev"],
  ["save-prod", "save-optional"],
  ["save-prod", "save-peer"],
  ["save-dev", "save-optional"],
  ["save-dev", "save-peer"],
  ["legacy-peer-deps", "strict-peer-deps"],
  ["before", "min-release-age"],
  ["stdout", "json"],
  ["update", "add"],
  ["update", "rm"],
  ["project-config", "no-project-config"],
];
