import type { Failure } from "../api/failure.ts";

/** The meaning of a protocol in the package manager that has it, and what to write for npm. */
interface Protocol {
  means: (spec: string, name: string) => string;
  instead: (rest: string, name: string) => string;
}

const FOLDER: Protocol["instead"] = (rest) => `Write "file:${rest}". npm links such a folder too.`;

const PROTOCOLS: ReadonlyMap<string, Protocol> = new Map<string, Protocol>([
  [
    "workspace",
    {
      means: (spec, name) =>
        `"${spec}" means the package ${name} of the same repository. pnpm, Yarn and Bun know this protocol, npm does not.`,
      instead: (rest, name) =>
        `Write "${/^[~^*]?$/.test(rest) ? "*" : rest}", and list the folder of ${name} in "workspaces" of the root package.json. Without that folder, npm would install whatever the registry has under this name.`,
    },
  ],
  [
    "catalog",
    {
      means: (spec, name) =>
        `"${spec}" means the version of ${name} in a catalog: a list in pnpm-workspace.yaml, or in the root package.json for Bun. npm does not read it.`,
      instead: (rest, name) => `Write the version that the catalog${rest && ` "${rest}"`} has for ${name}.`,
    },
  ],
  [
    "jsr",
    {
      means: (spec) => `"${spec}" means a package of JSR, another registry. npm does not know this protocol.`,
      instead: (rest, name) =>
        `Write "npm:${jsrAlias(rest, name)}", and set the registry of the scope @jsr with the option scopes or in .npmrc.`,
    },
  ],
  [
    "link",
    { means: (spec) => `"${spec}" is pnpm's and Yarn's link to a folder. npm does not know it.`, instead: FOLDER },
  ],
  ["portal", { means: (spec) => `"${spec}" is Yarn's link to a folder. npm does not know it.`, instead: FOLDER }],
  [
    "patch",
    {
      means: (spec, name) => `"${spec}" means ${name} with a patch that Yarn applies. npm does not know this protocol.`,
      instead: (rest, name) => {
        const version = /@(?:npm:)?([^@#:]+)(?:#|$)/.exec(decoded(rest))?.[1];
        return `Write ${version ? `"${version}"` : `a version of ${name}`}, and apply the patch in another way: with patchedDependencies of npm 12, or in afterExtract.`;
      },
    },
  ],
]);

/** Words an EUNSUPPORTEDPROTOCOL. No way out installs a package: that of the same name in the registry may be a stranger's. */
export function describeProtocol(failure: Failure): Failure {
  const { package: name = "", spec = "", requiredBy } = failure;
  const written = spec.startsWith(`${name}@`) ? spec.slice(name.length + 1) : spec;
  const [, scheme = "", rest = ""] = /^([a-z]+):(.*)$/is.exec(written) ?? [];
  const known = PROTOCOLS.get(scheme.toLowerCase());
  const own = known?.instead(rest, name) ?? "Write a range, or an https: or git+https: URL.";
  const [by = ""] = requiredBy;
  const at = by.lastIndexOf("node_modules/");
  const text =
    at < 0
      ? own
      : `Use another version of ${by.slice(at + 13)}: a published package must not have this spec for ${name}.`;
  const message = known ? `Cannot resolve ${name}: ${known.means(written, name)}` : failure.message;
  return { ...failure, message, wayOut: [{ kind: "other", text }] };
}

/** Returns the name and range under which npm finds a package of JSR: `@jsr/std__path@^1` for `@std/path@^1`. */
function jsrAlias(rest: string, name: string): string {
  const [, scope, base, range] =
    /^@([^/]+)\/([^@]+)(?:@(.*))?$/.exec(rest.startsWith("@") ? rest : `${name}@${rest}`) ?? [];
  return scope ? `@jsr/${scope}__${base}${range ? `@${range}` : ""}` : "@jsr/<scope>__<name>";
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
