/** Matches the beginning of a URL, also of git's `github:user:token@owner/repo`, and its host with any credentials. */
const AUTHORITY = /(https?:[\\/]*|\/\/|\b(?:git(?:hub|lab)|bitbucket|gist):)([^\\/?#]*)/gi;
/** Matches a query up to the fragment, without the punctuation of the sentence around it. */
const QUERY = /\?[^#]*?(?=[^\w#]{0,3}(?:#|$))/g;

/**
 * Returns a copy of plain data in which every URL is as it may be shown: without credentials (except `git@`) and without a query,
 * where signed URLs have their signature. Changes strings at any depth, also keys. Everything that leaves webhoist passes through it:
 * failures, warnings, reports, progress and the specs of a tree's edges.
 *
 *     http://user:password@h.test/x.tgz?sign=1  →  http://h.test/x.tgz
 */
export function withoutSecrets<T>(value: T): T {
  const copy = (): unknown => {
    if (typeof value === "string") return HAS_URL.test(value) ? value.replace(/\S+/g, cleanWord) : value;
    if (Array.isArray(value)) return value.map((item) => withoutSecrets(item));
    if (Object.prototype.toString.call(value) !== "[object Object]") return value;
    return Object.fromEntries(withoutSecrets(Object.entries(value as object)));
  };
  return copy() as T;
}

/** Most texts have no URL. */
const HAS_URL = /:|\/\//;

function cleanWord(word: string): string {
  const start = word.search(AUTHORITY);
  if (start < 0) return word;
  const clean = word.replace(
    AUTHORITY,
    (_, scheme: string, host: string) => scheme + host.replace(/^(?!git@[^@]*$).*@/s, ""),
  );
  // Credentials come after the start, which therefore still holds.
  return clean.slice(0, start) + clean.slice(start).replace(QUERY, "");
}
