/** A git repository on a host that npm knows by name. */
export interface Hosted {
  readonly type: "github" | "gitlab" | "bitbucket" | "gist" | "sourcehut";
  readonly user: string | null;
  /** `user:password` from the URL, unchanged. */
  readonly auth: string | null;
  readonly project: string;
  readonly committish: string | null;
  /** The notation that the spec used. */
  readonly form: "shortcut" | "sshurl" | "https" | "git";
}

const DOMAINS: ReadonlyMap<string, Hosted["type"]> = new Map([
  ["github.com", "github"],
  ["gitlab.com", "gitlab"],
  ["bitbucket.org", "bitbucket"],
  ["gist.github.com", "gist"],
  ["git.sr.ht", "sourcehut"],
]);
const SHORTCUT = /^(?:github|gitlab|bitbucket|gist|sourcehut):$/;
const HOSTED_PROTOCOL = /^(?:git\+ssh:|ssh:|git\+https?:|git:|https?:)$/;

function tryUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Checks whether `text` is `user/repo#ref`: before the `#` exactly one slash, and neither blanks, `@` nor `:`. */
function isShorthand(text: string): boolean {
  const hash = text.indexOf("#");
  const head = hash < 0 ? text : text.slice(0, hash);
  return text.indexOf("/") > 0 && /^(?!\.)[^\s@:/]*(?:\/[^\s@:/]+)?$/.test(head);
}

/** Returns text that `URL` can parse: `github:a/b` stays, `git@host:a/b` becomes `git+ssh://git@host:a/b`. */
function withProtocol(text: string): string {
  const colon = text.indexOf(":");
  const protocol = text.slice(0, colon + 1);
  if (SHORTCUT.test(protocol) || HOSTED_PROTOCOL.test(protocol) || text.startsWith("://", colon)) return text;
  const at = text.indexOf("@");
  if (at > colon) return `git+ssh://${text}`;
  return at >= 0 ? text : `${protocol}//${text.slice(colon + 1)}`;
}

/** Turns `git@host:a/b#x:y` into a URL: the last colon before the hash becomes a slash. */
function scpToUrl(text: string): string {
  const hash = text.indexOf("#");
  const head = hash < 0 ? text : text.slice(0, hash);
  const colon = head.lastIndexOf(":");
  let url = colon > head.lastIndexOf("@") ? `${text.slice(0, colon)}/${text.slice(colon + 1)}` : text;
  const end = url.indexOf("#");
  if (!(end < 0 ? url : url.slice(0, end)).includes(":") && !url.includes("//")) url = `git+ssh://${url}`;
  return url;
}

/** Checks whether a host accepts a protocol. */
function serves(type: Hosted["type"], protocol: string): boolean {
  if (protocol === "git+ssh:" || protocol === "https:") return true;
  if (type === "sourcehut") return false;
  if (protocol === "ssh:" || protocol === "git+https:") return true;
  return protocol === "git:" ? type === "github" || type === "gist" : protocol === "http:" && type === "github";
}

/**
 * Returns user, project and committish from a URL's path. Null if the path is not a repository, but an archive or a raw file.
 */
function fromPath(type: Hosted["type"], url: URL): [string | null, string, string] | null {
  const parts = url.pathname.slice(1).split("/");
  let [user, project, third, fourth] = parts as [string | null, string | undefined, string?, string?];
  let committish = url.hash.slice(1);
  if (type === "gitlab") {
    if (url.pathname.includes("/-/") || url.pathname.includes("/archive.tar.gz")) return null;
    project = parts.pop();
    user = parts.join("/");
  } else if (type === "github") {
    if (third && third !== "tree") return null;
    if (third) committish = fourth ?? "undefined";
  } else if (third === { bitbucket: "get", gist: "raw", sourcehut: "archive" }[type]) return null;
  if (type === "gist" && !project) [user, project] = [null, user ?? ""];
  if (project?.endsWith(".git")) project = project.slice(0, -4);
  return project && (user || type === "gist") ? [user, project, committish] : null;
}

function fromShortcut(url: URL): [string | null, string, string] {
  let path = url.pathname.replace(/^\//, "");
  path = path.slice(path.indexOf("@") + 1);
  const slash = path.lastIndexOf("/");
  return [path.slice(0, Math.max(0, slash)) || null, path.slice(slash + 1), url.hash.slice(1)];
}

/**
 * Parses a spec that names a repository on a known host: `user/repo`, `github:…`, `git@github.com:…`,
 * `https://github.com/…`. Returns null for any other spec (npm-tree §2.3).
 */
export function parseHosted(spec: string): Hosted | null {
  const text = isShorthand(spec) ? `github:${spec}` : spec;
  const first = withProtocol(text);
  const url = tryUrl(first) ?? tryUrl(scpToUrl(first));
  if (!url) return null;
  const short = SHORTCUT.test(url.protocol);
  const type = short ? (url.protocol.slice(0, -1) as Hosted["type"]) : DOMAINS.get(url.hostname.replace(/^www\./, ""));
  if (!type || !(short || serves(type, url.protocol))) return null;
  const found = short ? fromShortcut(url) : fromPath(type, url);
  if (!found) return null;
  const ssh = url.protocol.endsWith("ssh:");
  const auth = !short && !ssh && (url.username || url.password);
  try {
    const [user, project, committish] = found.map((part) => part && decodeURIComponent(part));
    return {
      type,
      user: user || null,
      auth: auth ? url.username + (url.password && `:${url.password}`) : null,
      project: (project ?? "").replace(short ? /\.git$/ : /$^/, ""),
      committish: committish || null,
      form: short ? "shortcut" : url.protocol === "git:" ? "git" : url.protocol.endsWith("https:") ? "https" : "sshurl",
    };
  } catch {
    return null; // a `%` that starts no escape
  }
}

/** Writes a hosted repository as text. `scp` is `git@host:a/b.git`. `plain` leaves out the committish and the `git+`. */
export function hostedText(repo: Hosted, form: Hosted["form"] | "scp", plain = false): string {
  const { type, user, auth, project, committish } = repo;
  const hash = committish && !plain ? `#${committish}` : "";
  const gist = type === "gist";
  const path = gist ? project : `${user}/${project}`;
  const host = [...DOMAINS].find(([, name]) => name === type)?.[0];
  const login = auth && !gist && type !== "sourcehut" ? `${auth}@` : "";
  const plus = plain ? "" : "git+";
  switch (form) {
    case "shortcut":
      return `${type}:${path}${hash}`;
    case "scp":
      return `git@${host}:${path}.git${hash}`;
    case "sshurl":
      return `${plus}ssh://git@${host}/${path}.git${hash}`;
    case "git":
      return `git://${auth && !gist ? `${auth}@` : ""}${host}/${path}.git${hash}`;
    case "https":
      return type === "sourcehut"
        ? `https://${host}/${path}${hash}`
        : `${plus}https://${login}${host}/${path}.git${hash}`;
    default:
      return form satisfies never;
  }
}
