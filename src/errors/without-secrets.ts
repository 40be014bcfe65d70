/**
 * Matches a URL in a text, also git's `github:user:token@owner/repo`: its scheme, its credentials except `git@`, its host and
 * path, and its query without the punctuation of the sentence around it.
 */
const URL_IN_TEXT =
  /(https?:[\\/]*|:\/\/|\b(?:git(?:hub|lab)|bitbucket|gist):)(?:(?!git@)[^\s\\/?#]*@)?([^\s?#]*)(?:\?[^\s#]*?(?=[^\w\s#]{0,3}(?:[\s#]|$)))?/gi;

/**
 * Returns a copy of plain data in which every URL is as it may be shown: without credentials and without a query, where signed
 * URLs have their signature. Changes strings at any depth, also keys.
 *
 *     http://user:password@h.test/x.tgz?sign=1  →  http://h.test/x.tgz
 */
export function withoutSecrets<T>(value: T): T {
  const copy = (): unknown => {
    if (typeof value === "string") return value.replace(URL_IN_TEXT, "$1$2");
    if (Array.isArray(value)) return value.map((item) => withoutSecrets(item));
    if (Object.prototype.toString.call(value) !== "[object Object]") return value;
    return Object.fromEntries(withoutSecrets(Object.entries(value as object)));
  };
  return copy() as T;
}
