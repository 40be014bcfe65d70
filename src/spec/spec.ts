import { relativePath, resolvePath } from "../base/posix-path.ts";
import type { ErrorCode } from "../errors/failure.ts";
import { failure, InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { type Hosted, hostedText, parseHosted } from "./hosted.ts";
import { assertPackageName, packageNameProblem } from "./package-name.ts";
import { isTooLargeRange, MAX_RANGE, validRange } from "./range.ts";
import { validVersion } from "./version.ts";

interface Base {
  /** The dependency's name. Empty if an argument has none (`./dir`, a URL). */
  readonly name: string;
  /** `name@spec` untrimmed, or the unchanged argument. Manifests are cached under this key (npm-tree §3.2). */
  readonly raw: string;
  /** The text after the name. */
  readonly rawSpec: string;
}

/** A version, range or tag in a registry. `fetchSpec` is the trimmed text. An empty text is a range. */
export interface RegistrySpec extends Base {
  readonly type: "range" | "version" | "tag";
  readonly fetchSpec: string;
  readonly registry: true;
}

/** Another package under this name: `npm:other@^1`. */
export interface AliasSpec extends Base {
  readonly type: "alias";
  readonly subSpec: RegistrySpec;
  readonly registry: true;
}

/**
 * A local folder, or (`file`) a local tarball. `fetchSpec` is an absolute path; `saveSpec` is `file:` and the path relative
 * to `where`.
 */
export interface FileSpec extends Base {
  readonly type: "file" | "directory";
  readonly fetchSpec: string;
  readonly saveSpec: string;
}

/** A tarball at a URL. */
export interface RemoteSpec extends Base {
  readonly type: "remote";
  readonly fetchSpec: string;
  readonly saveSpec: string;
}

/** A git repository. For a shortcut (`user/repo`) `fetchSpec` is null, and `hosted` has the location. */
export interface GitSpec extends Base {
  readonly type: "git";
  readonly fetchSpec: string | null;
  readonly saveSpec: string;
  readonly hosted?: Hosted;
  readonly gitCommittish: string | null;
  readonly gitRange?: string;
}

/** A parsed dependency spec, a union tagged by `type`. */
export type Spec = RegistrySpec | AliasSpec | FileSpec | RemoteSpec | GitSpec;

/** The most characters of a spec of any type. */
const MAX_SPEC = MAX_RANGE;
const TARBALL_NAME = /\.(?:tgz|tar\.gz|tar)$/i;
const FILE_LIKE = /^(?:file:|\.|~\/|\/|[a-z]:)/i;
const URL_LIKE = /^(?:git\+)?[a-z]+:/i;
const SCP = /^[^@]+@[^:.]+\.[^:]+:./;
const GIT_PROTOCOL = /^git(?:\+(?:https?|rsync|ftp|file|ssh))?:$/;

/**
 * Parses a dependency's spec by npm's rules.
 * @param where the absolute folder to which a relative `file:` path refers
 * @throws InstallError EUNSUPPORTEDPROTOCOL, EINVALIDTAGNAME, EINVALIDPACKAGENAME, EINVALIDSPEC, EINVALIDALIAS, ELIMIT
 */
export function parseSpec(name: string, raw: string, where: string): Spec {
  const base = { name, raw: `${name}@${raw}`, rawSpec: raw };
  assertPackageName(name, base.raw);
  return parseByType(base, where);
}

/**
 * Parses an argument of `add`: `name`, `name@spec`, `@scope/name@spec`, `./dir`, `file.tgz`, a URL, `user/repo`.
 * If the argument has no name (`./dir`), the result's `name` is empty.
 * @throws InstallError with the codes of `parseSpec`
 */
export function parseArg(arg: string, where: string): Spec {
  return parseNested(arg, where, 0);
}

/** Parses an argument, or the part of an alias after `npm:`. `aliases`: the number of aliases around it. */
function parseNested(arg: string, where: string, aliases: number): Spec {
  const at = arg.indexOf("@", 1);
  const head = at > 0 ? arg.slice(0, at) : arg;
  let name = "";
  let rawSpec = arg;
  if (URL_LIKE.test(arg)) rawSpec = arg;
  else if (SCP.test(arg)) rawSpec = `git+ssh://${arg}`;
  else if (head[0] !== "@" && (head.includes("/") || TARBALL_NAME.test(head))) rawSpec = arg;
  else if (at > 0) [name, rawSpec] = [head, arg.slice(at + 1) || "*"];
  else if (packageNameProblem(arg) === null) [name, rawSpec] = [arg, "*"];
  if (name) assertPackageName(name, arg);
  return parseByType({ name, raw: arg, rawSpec }, where, aliases);
}

/**
 * Decides the type of a spec (npm-tree §2). The first rule that matches applies:
 *
 * 1. `file:`, `.`, `~/`, `/` or a drive letter at the start: a tarball if it ends like one, otherwise a directory.
 * 2. `npm:` at the start: an alias. The rest names another package of a registry.
 * 3. A repository on a known host (`user/repo`, `github:…`): git.
 * 4. A URL scheme: git for `git:` and `git+…:`, remote for `http(s):`. Any other scheme fails.
 * 5. A slash anywhere, or the ending of a tarball: a file or directory as in 1.
 * 6. Otherwise a registry spec: a version, a range, or a tag.
 *
 * A text without `/`, `:`, a leading dot and a tarball's ending can only be 6.
 */
function parseByType(base: Base, where: string, aliases = 0): Spec {
  const { rawSpec } = base;
  if (rawSpec.length > MAX_SPEC) throw tooLong(base, `characters: ${rawSpec.length}, of at most ${MAX_SPEC}`);
  const path = rawSpec.includes("/") || TARBALL_NAME.test(rawSpec);
  if (path || rawSpec.includes(":") || rawSpec[0] === ".") {
    if (FILE_LIKE.test(rawSpec)) return fileSpec(base, where);
    if (/^npm:/i.test(rawSpec)) return aliasSpec(base, where, aliases);
    const hosted = parseHosted(rawSpec);
    if (hosted) return hostedSpec(base, hosted);
    if (URL_LIKE.test(rawSpec)) return urlSpec(base);
    if (path) return fileSpec(base, where);
  }
  return registrySpec(base);
}

function invalid(base: Base, code: ErrorCode, message: string): InstallError {
  return new InstallError(failure(code, message, { package: base.name, spec: base.rawSpec }));
}

/** ELIMIT. `what` says what the spec has too many of. */
function tooLong({ name, raw, rawSpec }: Base, what: string): InstallError {
  const message = `The spec "${raw}" has too many ${what}. Use a shorter range, path or URL.`;
  return new InstallError(overLimit(message, { package: name, spec: rawSpec }));
}

function registryType(text: string): RegistrySpec["type"] {
  // Only a text that looks like a version is parsed as one: most specs are ranges.
  if (/^[\s=v]*\d+\.\d+\.\d/.test(text) && validVersion(text)) return "version";
  return validRange(text) ? "range" : "tag";
}

function registrySpec(base: Base): RegistrySpec {
  const fetchSpec = base.rawSpec.trim();
  if (isTooLargeRange(fetchSpec)) throw tooLong(base, "comparators");
  const type = registryType(fetchSpec);
  if (type === "tag" && !/^[\w\-.!~*'()]+$/.test(fetchSpec)) {
    throw invalid(
      base,
      "EINVALIDTAGNAME",
      `"${fetchSpec}" in "${base.raw}" is not a version, a range or a valid tag. Use a range like ^1.2.3, or a tag like latest.`,
    );
  }
  return { ...base, type, fetchSpec, registry: true };
}

function aliasSpec(base: Base, where: string, aliases: number): AliasSpec {
  // An alias of an alias is not valid, whatever it contains.
  const subSpec = aliases > 1 ? null : parseNested(base.rawSpec.slice(4), where, aliases + 1);
  if (!subSpec || !("registry" in subSpec) || subSpec.type === "alias" || !subSpec.name) {
    throw invalid(
      base,
      "EINVALIDALIAS",
      `"${base.raw}" is not a valid alias. Write npm:<package>@<version or range>, with a package from a registry.`,
    );
  }
  return { ...base, type: "alias", subSpec, registry: true };
}

/** Parses the notations of `file:`: `file:a`, `file:/a`, `file:///a`. For compatibility, `file:/../a` means `file:../a`. */
function fileSpec(base: Base, where: string): FileSpec {
  let path = base.rawSpec.startsWith("file:") ? base.rawSpec.slice(5) : base.rawSpec;
  if (/^\/\/[^/]/.test(path)) path = path.slice(1);
  if (/^\/{1,3}\.\.?(?:\/|$)/.test(path)) path = path.replace(/^\/+/, "");
  path = withoutParents(path);
  // A project in a page has no home folder, so `~` becomes `/~`, a folder that no project contains.
  const home = /^\/?~(?:\/|$)/.test(path);
  const drive = /^[a-z]:(?:\/|$)/i.test(path);
  const fetchSpec = home
    ? resolvePath("/~", path.replace(/^\/?~\/?/, ""))
    : drive
      ? onDrive(path)
      : resolvePath(where, path);
  const saved = home ? path.replace(/^\//, "") : path[0] === "/" ? fetchSpec : relativePath(where, fetchSpec);
  return {
    ...base,
    type: TARBALL_NAME.test(base.rawSpec) ? "file" : "directory",
    fetchSpec,
    saveSpec: `file:${saved.replaceAll("\\", "/")}`,
  };
}

/** Resolves a path like `c:/a/../b`. `..` cannot leave the drive. */
function onDrive(path: string): string {
  return `/${path.slice(0, 2)}${resolvePath("/", path.slice(2))}`.replace(/\/$/, "");
}

/** Removes `..` as in a URL, where it cancels the segment before it. The segment may be empty: `a//..` is `a`. */
function withoutParents(path: string): string {
  if (!path.includes("//")) return path;
  const out: string[] = [];
  for (const part of path.split("/")) {
    if (part === ".." && out.length > (out[0] ? 0 : 1) && out.at(-1) !== "..") out.pop();
    else if (part !== ".") out.push(part);
  }
  return out.join("/");
}

/** Parses `#abc`, `#semver:^1`, `#path:dir`, or several of them joined with `::`. A commit and a range exclude each other. */
function gitReference(base: Base, text: string | null): { gitCommittish: string | null; gitRange?: string } {
  let gitCommittish: string | null = null;
  let gitRange: string | undefined;
  for (const part of text ? text.split("::") : []) {
    const plain = !part.includes(":");
    if (!plain && !part.startsWith("semver:")) continue;
    if (gitCommittish || gitRange)
      throw invalid(
        base,
        "EINVALIDSPEC",
        `"${base.raw}" names two git references. Keep either the commit or the semver: range.`,
      );
    if (plain) gitCommittish = part;
    else gitRange = decodePercent(part.split(":")[1] ?? "");
  }
  return gitRange === undefined ? { gitCommittish } : { gitCommittish, gitRange };
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function hostedSpec(base: Base, hosted: Hosted): GitSpec {
  const fetchSpec = hosted.form === "shortcut" ? null : hostedText(hosted, hosted.form, true);
  const reference = gitReference(base, hosted.committish);
  return { ...base, type: "git", fetchSpec, saveSpec: hostedText(hosted, hosted.form), hosted, ...reference };
}

function urlSpec(base: Base): GitSpec | RemoteSpec {
  const { rawSpec } = base;
  const saveSpec = rawSpec;
  // `git+ssh://git@host:user/repo.git#ref` is not a URL: a path follows the colon, unless it is a port number.
  const scp = /^git\+ssh:\/\/([^:#]+:[^#]+)(?:#(.*))?$/i.exec(rawSpec);
  if (scp?.[1] && !/:\d+(?:\/|$)/.test(scp[1]) && rawSpec.startsWith("git+ssh:")) {
    return { ...base, type: "git", fetchSpec: scp[1], saveSpec, ...gitReference(base, scp[2] ?? null) };
  }
  let url: URL;
  try {
    url = new URL(rawSpec);
  } catch {
    throw invalid(base, "EINVALIDSPEC", `"${base.raw}" is not a valid URL. Check its spelling.`);
  }
  if (GIT_PROTOCOL.test(url.protocol)) {
    const reference = gitReference(base, url.hash.slice(1));
    url.hash = "";
    return { ...base, type: "git", fetchSpec: url.href.replace(/^git\+/, ""), saveSpec, ...reference };
  }
  if (url.protocol === "http:" || url.protocol === "https:") {
    return { ...base, type: "remote", fetchSpec: rawSpec, saveSpec };
  }
  throw invalid(
    base,
    "EUNSUPPORTEDPROTOCOL",
    `"${base.raw}" uses "${url.protocol}", a protocol that npm does not support. Use a range, or an https: or git+https: URL.`,
  );
}
