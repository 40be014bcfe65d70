import type { Words } from "./json-mutation.ts";

/** Specs of every kind, good and bad. */
// biome-ignore format: a table
export const SPECS: readonly string[] = [
  "*", "", " ", "latest", "next", "1", "1.0.0", "^1.0.0", "~1.2", "1.x", ">=1 <2", "1 - 2", "1 || 2", "<0", ">1 <1", "=1.0.0", "v1.0.0", "1.0.0-beta", "1.0.0+build", "^1.0.0-0",
  "npm:a", "npm:a@1", "npm:a@^1.0.0", "npm:@s/a@1", "npm:", "npm:npm:a", "npm:a@npm:b@1", "npm:@", "npm:a@file:x", "npm:a@latest",
  "file:", "file:.", "file:..", "file:./a", "file:a", "file:../../../../../../../../../..", "file:/a", "file:a.tgz", "file:~/a", "file://host/a", "file:C:\\a", "./a", "../a", "/a", "~/a", "a.tgz", "C:\\a",
  "link:a", "workspace:*", "portal:a", "patch:a@1#x", "catalog:", "jsr:@a/b@1",
  "http://registry.local/a/-/a-1.0.0.tgz", "http://registry.local/a.tgz", "http://", "https://[", "http://user:pw@registry.local/a.tgz?x=1#y", "HTTP://registry.local/A.TGZ",
  "git+ssh://git@h.test/a.git", "git://h.test/a#semver:^1", "git@h.test:a/b.git", "github:a/b", "a/b", "a/b#c", "gist:1", "gitlab:a/b", "bitbucket:a/b", "git+file:///a", "git+https://h.test/%zz",
  "$a", "$b", "$", "$$", "$__proto__", "$constructor", "__proto__", "constructor", "toString", "@", "@@", "a@1", "@s/a@1", "%", "%2f", "\0", "é", "😀", "\ud800",
  "1.0.0 ".repeat(30), "9007199254740992.0.0", "1.".repeat(40), "x".repeat(300),
];

/** The members of a manifest. */
// biome-ignore format: a table
export const MANIFEST_WORDS: Words = {
  keys: [
    "name", "version", "dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta", "acceptDependencies", "bundleDependencies",
    "bundledDependencies", "overrides", "workspaces", "packages", "engines", "node", "npm", "os", "cpu", "libc", "bin", "directories", "scripts", "install", "postinstall", "deprecated",
    "hasInstallScript", "license", "licenses", "funding", "url", "type", "optional", "exports", "imports", "main", "module", "browser", "types", "files", "gypfile", "private", "_id", "_resolved",
    "_integrity", "_from", "a", "b", "c", "d", "@s/a", "a@1", "a@^1.0.0", "@s/a@1", ".", "a.tgz",
  ],
  values: [...SPECS, "a", "b", "@s/a", "linux", "!linux", "x64", "glibc", "any", ">=18", "<1", "node index.js", "MIT", "./index.js", "../../x", "packages/*", "!packages/a", "**", "{a,b}", "[a-z]"],
};

/** The members of npm's lock. */
// biome-ignore format: a table
export const LOCK_WORDS: Words = {
  keys: [
    ...MANIFEST_WORDS.keys, "lockfileVersion", "requires", "resolved", "integrity", "link", "dev", "optional", "devOptional", "peer", "extraneous", "inBundle", "bundled", "hasShrinkwrap", "inert",
    "from", "node_modules/a", "node_modules/b", "node_modules/a/node_modules/b", "node_modules/@s/a", "packages/a", "../a", "node_modules/../x", "node_modules//a", "/node_modules/a",
    "node_modules/a/", "node_modules/", "node_modules/.bin", "node_modules/__proto__", "node_modules/a/node_modules/a/node_modules/a",
  ],
  values: [...MANIFEST_WORDS.values, "packages/a", "../x", "node_modules/a", `sha512-${"A".repeat(86)}==`, "sha1-x", "sha512-", "md5-a", "sha512-a sha1-b", "http://registry.local/b/-/b-2.0.0.tgz"],
};

/** The lines of a yarn.lock of version 1. */
// biome-ignore format: a table
export const YARN_WORDS: readonly string[] = [
  "a@^1.0.0:\n", '"@s/a@1":\n', '  version "1.0.0"\n', "  version 1.0.0\n", '  resolved "http://registry.local/a/-/a-1.0.0.tgz#aabb"\n', "  integrity sha512-AAAA\n", "  dependencies:\n", '    b "^1"\n',
  "  optionalDependencies:\n", "# yarn lockfile v1\n", "__metadata:\n  version: 6\n", "a@1, b@2:\n", "  true\n", "\t", "  ", '"', "__proto__:\n", '    __proto__ "1"\n', "  __proto__ x\n", '"a@npm:b@1":\n', "  resolved file:a.tgz\n",
];

/** The members of a packument. */
// biome-ignore format: a table
export const PACKUMENT_WORDS: Words = {
  keys: [...MANIFEST_WORDS.keys, "versions", "dist-tags", "time", "latest", "policyRestrictions", "dist", "tarball", "integrity", "shasum", "1.0.0", "2.0.0-beta.1", "_hasShrinkwrap"],
  values: [...MANIFEST_WORDS.values, "2020-01-01T00:00:00.000Z", "never", `sha512-${"A".repeat(86)}==`, "sha1-x"],
};
