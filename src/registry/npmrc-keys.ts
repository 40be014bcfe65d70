// Loaded on demand: when an `.npmrc` has keys that nothing here acts on.

import type { Failure } from "../api/failure.ts";
import { failure, InstallError, shorten } from "../errors/failure.ts";
import type { NpmRules } from "../spec/npm-rules.ts";
import { warn } from "./npmrc-warning.ts";

/** The keys of npm 11 and 12 that `read-npmrc.ts` does not read. */
const KNOWN = `
  _auth access all allow-same-version allow-scripts-pending allow-scripts-pin also audit audit-level
  auth-type bin-links browser bypass-2fa ca cache cache-max cache-min cafile call cert cidr color commit-hooks
  depth description diff diff-dst-prefix diff-ignore-all-space diff-name-only
  diff-no-prefix diff-src-prefix diff-text diff-unified dry-run editor expect-result-count expect-results expires
  fetch-retries fetch-retry-factor fetch-retry-maxtimeout fetch-retry-mintimeout fetch-timeout foreground-scripts
  fund git git-tag-version global globalconfig heading https-proxy if-present include-attestations
  include-staged init-author-email init-author-name init-author-url init-license init-module init-private init-type
  init-version init.author.email init.author.name init.author.url init.license init.module init.version json key link
  local-address location loglevel logs-dir logs-max long maxsockets message name node-gyp node-options noproxy
  offline only orgs orgs-permission otp pack-destination package package-lock-only packages packages-all
  packages-and-scopes-permission parseable password prefer-offline prefer-online prefix preid progress provenance
  provenance-file proxy read-only rebuild-bundle sbom-format sbom-type scope scopes script-shell searchexclude
  searchlimit searchopts searchstaleness shell sign-git-commit sign-git-tag strict-allow-scripts strict-ssl
  tag-version-prefix timing token-description umask unicode update-notifier usage user-agent userconfig version
  global-prefix local-prefix npm-version versions viewer which workspace workspaces workspaces-update yes
`;

/** The keys that npm has had since version 12. */
const SINCE_12 = `
  allow-unused-patches edit-dir extension-file global-ignore-file ignore-existing ignore-extension
  ignore-patch-failures keep-edit-dir patches-dir to
`;

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/**
 * Returns warnings about keys that nothing here acts on: one for those that npm knows, and one for those that it does not know. npm
 * passes over a key with a colon if it knows the part after it.
 * @throws InstallError EUNKNOWNCONFIG for an unknown key if `strict` is set, as npm does since version 12
 */
export function judgeKeys(
  keys: readonly string[],
  { strict, rules }: { strict: boolean; rules: Pick<NpmRules, "refusesUnknownKeys"> | undefined },
): Failure[] {
  const [known, since12] = [words(KNOWN), words(SINCE_12)];
  const isTwelve = rules?.refusesUnknownKeys ?? true;
  const isKnown = (key: string): boolean => known.has(key) || (isTwelve && since12.has(key));
  const unused = keys.filter(
    (key) => isKnown(key) || (key.includes(":") && isKnown(key.slice(key.lastIndexOf(":") + 1))),
  );
  const seen = new Set(unused);
  const unknown = keys.filter((key) => !seen.has(key));
  if (unknown.length > 0 && strict && isTwelve) throw new InstallError(unknownKeys(unknown));
  const warnings: Failure[] = [];
  if (unused.length > 0) warnings.push(warn(`these keys of npm have no effect here: ${listed(unused)}.`));
  if (unknown.length > 0) warnings.push(warn(`npm does not know these keys: ${listed(unknown)}.`));
  return warnings;
}

/** The most keys that a warning or failure names. */
const MAX_LISTED = 50;

function listed(keys: readonly string[]): string {
  const more = keys.length - MAX_LISTED;
  return shorten(`${keys.slice(0, MAX_LISTED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`);
}

function unknownKeys(keys: readonly string[]): Failure {
  const message = `.npmrc: npm does not know these keys, and strict-npmrc is set: ${listed(keys)}. Correct or remove them.`;
  return failure("EUNKNOWNCONFIG", message, {
    wayOut: [{ kind: "other", text: "Correct or remove the keys, or set `strictNpmrc` to false." }],
    details: { keys: keys.slice(0, MAX_LISTED) },
  });
}
