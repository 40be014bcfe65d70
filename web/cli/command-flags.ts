/** How a flag takes its value: none, one, one of a set, several in turn, or all that follow up to the next flag. */
type FlagKind = "switch" | "text" | "choice" | "list" | "rest";

export interface CommandFlag {
  kind: FlagKind;
  choices?: readonly string[];
  /** Changes the project: nothing for `why` and `import-map`. */
  changes?: true;
  /** Says what of a lock to write. */
  lockOnly?: true;
  /** Says what an import map is made of. */
  mapOnly?: true;
  /** Of flat resolutions alone. */
  flatOnly?: true;
}

const on: CommandFlag = { kind: "switch" };
const text: CommandFlag = { kind: "text" };
const change: CommandFlag = { kind: "switch", changes: true };
const output: CommandFlag = { kind: "switch", lockOnly: true };
const map: CommandFlag = { kind: "text", mapOnly: true };
const choice = (...choices: string[]): CommandFlag => ({ kind: "choice", choices });
const flat = (...choices: string[]): CommandFlag => ({ kind: "choice", choices, flatOnly: true });

/** Every flag, npm's by npm's name. A switch also takes `--no-` before its name, or `=true` and `=false` after it. */
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
  ["strategy", choice("npm", "flat")],
  ["relax", flat("none", "peers", "copies")],
  ["resolution-mode", flat("highest", "lowest", "lowest-direct")],
  ["prereleases", flat("as-written", "never", "if-necessary", "allow")],
  ["singleton", { kind: "list", flatOnly: true }],
  ["omit", { kind: "list", choices: ["dev", "optional", "peer"] }],
  ["before", text],
  ["min-release-age", text],
  ["engine-strict", on],
  ["lockfile-version", choice("1", "2", "3")],
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

/** npm's one-letter forms. */
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

/** Pairs that contradict each other. */
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
];

export const HELP_TEXT = `webhoist lock [DIR]        resolve DIR's package.json and write its lockfile, as npm would
webhoist install [DIR]     do that, and write node_modules: verified, whole or not at all, no script run
webhoist why NAME [DIR]    tell why a package is in the tree
webhoist import-map [DIR]  print an import map for DIR's packages, one version of each

What to change
  --add SPEC…            add packages; with -D, -O, -P, --save-peer, -B, -E, --save-prefix=~, --no-save
  --rm NAME…             remove packages
  --update[=NAME,…]      take the newest versions that fit, of all packages or of these
  -w, --workspace=NAME   do it in this workspace; --include-workspace-root: in the root too

How to resolve: npm's own flags
  --legacy-peer-deps  --strict-peer-deps  --force  --prefer-dedupe  --install-links  --engine-strict
  --install-strategy=hoisted|nested|shallow|linked  --omit=dev|optional|peer  --lockfile-version=1|2|3
  --before=DATE  --min-release-age=DAYS  --tag=TAG  --os=OS  --cpu=CPU  --libc=glibc|musl
  --node-version=X  --npm-version=X    for these versions, not the running ones

One version of each package, or the reason why not (default for import-map: flat)
  --strategy=flat|npm    flat: PubGrub over npm's ranges; npm: the tree npm itself would give
  --relax=none|peers|copies   where there is no flat answer: peers as warnings, then several copies
  --resolution-mode=highest|lowest|lowest-direct   lowest-direct: of the project's own dependencies
  --prereleases=as-written|never|if-necessary|allow
  --singleton=NAME       never two copies of this one

What an import map is made of
  --provider=NAME        esm.sh (default), jsdelivr, unpkg, jspm, a template such as
                         https://cdn.example/{name}@{version}{path}, or installed: the packages' own files
  --base=URL             in place of the CDN's address; installed: where DIR is served, default /
  --conditions=NAME,…    of exports, for installed files: default browser,module
  --out=FILE             write it there, whole or not at all; without it, stdout has the map and nothing else

Where from
  --registry=URL         default: the project's .npmrc, then the registry this was built for
  --token-env=NAME       send the token in this environment variable to --registry, and only there
  --metadata=full        ask for full packuments: the lock has each license, as npm's own
  --complete             with abbreviated ones, ask for what the lock lacks

What comes out
  --stdout               print the lockfile, write nothing (lock)
  --dry-run              write nothing (lock)
  --json                 print the outcome as JSON
  -h, --help   -v, --version

Exit status: 0, or 1 with "webhoist error code …" on stderr, or 130 when interrupted.
`;
