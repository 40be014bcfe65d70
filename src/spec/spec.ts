import { relativePath, resolvePath } from "../base/posix-path.ts";
import type { ErrorCode } from "../errors/failure.ts";
import { failure, InstallError } from "../errors/failure.ts";
import { type Hosted, hostedText, parseHosted } from "./hosted.ts";
import { assertPackageName, packageNameProblem } from "./package-name.ts";
import { validRange } from "./range.ts";
import { validVersion } from "./version.ts";

interface Base {
  /** The dependency's name; empty where an argument names none (`./dir`, a URL). */
  readonly name: string;
  /** `name@spec` untrimmed, or the argument as given: the key under which a manifest is remembered. */
  readonly raw: string;
  /** The text after the name. */
  readonly rawSpec: string;
}

/** `fetchSpec` is the trimmed text; the empty one is a range. */
export interface RegistrySpec extends Base {
  readonly type: "range" | "version" | "tag";
  readonly fetchSpec: string;
  readonly registry: true;
}

/** `npm:other@^1`. */
export interface AliasSpec extends Base {
  readonly type: "alias";
  readonly subSpec: RegistrySpec;
  readonly registry: true;
}

/** `fetchSpec` is an absolute path; `saveSpec` is `file:` and the path from `where`. A `file` is a tarball. */
export interface FileSpec extends Base {
  readonly type: "file" | "directory";
  readonly fetchSpec: string;
  readonly saveSpec: string;
}

/** A tarball by URL. */
export interface RemoteSpec extends Base {
  readonly type: "remote";
  readonly fetchSpec: string;
  readonly saveSpec: string;
}

/** `fetchSpec` is null for a shortcut (`user/repo`): then `hosted` says where it is. */
export interface GitSpec extends Base {
  readonly type: "git";
  readonly fetchSpec: string | null;
  readonly saveSpec: string;
  readonly hosted?: Hosted;
  readonly gitCommittish: string | null;
  readonly gitRange?: string;
}

/** What a dependency asks for, told apart by `type`. The rules are npm's (npm-tree §2). */
export type Spec = RegistrySpec | AliasSpec | FileSpec | RemoteSpec | GitSpec;

const TARBALL = /\.(?:tgz|tar\.gz|tar)$/i;
const FILE = /^(?:file:|\.|~\/|\/|[a-z]:)/i;
const URL_LIKE = /^(?:git\+)?[a-z]+:/i;
const SCP = /^[^@]+@[^:.]+\.[^:]+:./;
const GIT_PROTOCOL = /^git(?:\+(?:https?|rsync|ftp|file|ssh))?:$/;

/**
 * A dependency's spec as npm reads it: file or directory, alias, git, URL, else version, range or tag.
 * @param where absolute path that a relative `file:` starts from
 * @throws InstallError EUNSUPPORTEDPROTOCOL, EINVALIDTAGNAME, EINVALIDPACKAGENAME, EINVALIDSPEC
 */
export function parseSpec(name: string, raw: string, where: string): Spec {
  const base = { name, raw: `${name}@${raw}`, rawSpec: raw };
  assertPackageName(name, base.raw);
  return parse(base, where);
}

/**
 * An argument of `add`: `name`, `name@spec`, `@scope/name@spec`, `./dir`, `file.tgz`, a URL, `user/repo`.
 * Without a name of its own (`./dir`) the result's `name` is empty.
 * @throws as parseSpec
 */
export function parseArg(arg: string, where: string): Spec {
  const at = arg.indexOf("@", 1);
  const head = at > 0 ? arg.slice(0, at) : arg;
  let name = "";
  let rawSpec = arg;
  if (URL_LIKE.test(arg)) rawSpec = arg;
  else if (SCP.test(arg)) rawSpec = `git+ssh://${arg}`;
  else if (head[0] !== "@" && (head.includes("/") || TARBALL.test(head))) rawSpec = arg;
  else if (at > 0) [name, rawSpec] = [head, arg.slice(at + 1) || "*"];
  else if (packageNameProblem(arg) === null) [name, rawSpec] = [arg, "*"];
  if (name) assertPackageName(name, arg);
  return parse({ name, raw: arg, rawSpec }, where);
}

function parse(base: Base, where: string): Spec {
  const { rawSpec } = base;
  const path = rawSpec.includes("/") || TARBALL.test(rawSpec);
  if (path || rawSpec.includes(":") || rawSpec[0] === ".") {
    if (FILE.test(rawSpec)) return fileSpec(base, where);
    if (/^npm:/i.test(rawSpec)) return aliasSpec(base, where);
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

function kindOf(text: string): RegistrySpec["type"] {
  // `^1.2.3` needs no look as a version: semver would throw, which is slow
  if (/^[\s=v]*\d+\.\d+\.\d/.test(text) && validVersion(text)) return "version";
  return validRange(text) ? "range" : "tag";
}

function registrySpec(base: Base): RegistrySpec {
  const fetchSpec = base.rawSpec.trim();
  const type = kindOf(fetchSpec);
  if (type === "tag" && !/^[\w\-.!~*'()]+$/.test(fetchSpec)) {
    throw invalid(base, "EINVALIDTAGNAME", `Invalid tag name "${fetchSpec}" of package "${base.raw}".`);
  }
  return { ...base, type, fetchSpec, registry: true };
}

function aliasSpec(base: Base, where: string): AliasSpec {
  const subSpec = parseArg(base.rawSpec.slice(4), where);
  if (!("registry" in subSpec) || subSpec.type === "alias" || !subSpec.name) {
    throw invalid(base, "EINVALIDALIAS", `"${base.raw}": an alias names a package of a registry.`);
  }
  return { ...base, type: "alias", subSpec, registry: true };
}

/** `file:` has many spellings: `file:a`, `file:/a`, `file:///a`, and for old times' sake `file:/../a` is `file:../a`. */
function fileSpec(base: Base, where: string): FileSpec {
  let path = base.rawSpec.startsWith("file:") ? base.rawSpec.slice(5) : base.rawSpec;
  if (/^\/\/[^/]/.test(path)) path = path.slice(1);
  if (/^\/{1,3}\.\.?(?:\/|$)/.test(path)) path = path.replace(/^\/+/, "");
  path = withoutParents(path);
  // There is no home folder here: `~` is one that no project contains.
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
    type: TARBALL.test(base.rawSpec) ? "file" : "directory",
    fetchSpec,
    saveSpec: `file:${saved.replaceAll("\\", "/")}`,
  };
}

/** No `..` leads off a drive. */
function onDrive(path: string): string {
  return `/${path.slice(0, 2)}${resolvePath("/", path.slice(2))}`.replace(/\/$/, "");
}

/** As in a URL a `..` takes back what stands before it, between two slashes the nothing: `a//..` is `a`. */
function withoutParents(path: string): string {
  if (!path.includes("//")) return path;
  const out: string[] = [];
  for (const part of path.split("/")) {
    if (part === ".." && out.length > 0 && out.join() !== "" && out.at(-1) !== "..") out.pop();
    else if (part !== ".") out.push(part);
  }
  return out.join("/");
}

/** `#abc`, `#semver:^1`, `#path:dir`, or several joined by `::`; a commit and a range exclude each other. */
function gitReference(base: Base, text: string | null): { gitCommittish: string | null; gitRange?: string } {
  let gitCommittish: string | null = null;
  let gitRange: string | undefined;
  for (const part of text ? text.split("::") : []) {
    const plain = !part.includes(":");
    if (!plain && !part.startsWith("semver:")) continue;
    if (gitCommittish || gitRange) throw invalid(base, "EINVALIDSPEC", `"${base.raw}": two references.`);
    if (plain) gitCommittish = part;
    else gitRange = decode(part.split(":")[1] ?? "");
  }
  return gitRange === undefined ? { gitCommittish } : { gitCommittish, gitRange };
}

function decode(text: string): string {
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
  // `git+ssh://git@host:user/repo.git#ref` is no URL: after the colon stands a path, unless it is a port's number.
  const scp = /^git\+ssh:\/\/([^:#]+:[^#]+)(?:#(.*))?$/i.exec(rawSpec);
  if (scp?.[1] && !/:\d+(?:\/|$)/.test(scp[1]) && rawSpec.startsWith("git+ssh:")) {
    return { ...base, type: "git", fetchSpec: scp[1], saveSpec, ...gitReference(base, scp[2] ?? null) };
  }
  let url: URL;
  try {
    url = new URL(rawSpec);
  } catch {
    throw invalid(base, "EINVALIDSPEC", `"${base.raw}": not a URL.`);
  }
  if (GIT_PROTOCOL.test(url.protocol)) {
    const reference = gitReference(base, url.hash.slice(1));
    url.hash = "";
    return { ...base, type: "git", fetchSpec: url.href.replace(/^git\+/, ""), saveSpec, ...reference };
  }
  if (url.protocol === "http:" || url.protocol === "https:") {
    return { ...base, type: "remote", fetchSpec: rawSpec, saveSpec };
  }
  throw invalid(base, "EUNSUPPORTEDPROTOCOL", `Unsupported URL Type "${url.protocol}": ${rawSpec}`);
}
