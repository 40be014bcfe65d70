import { isObject } from "../base/json.ts";

/**
 * Converts JSON to a module. The whole value is the default export, and each key is a named export
 * (`export { v0 as "my-key" }`). A bundler can thereby drop unused keys, and `require` finds the keys.
 * @throws SyntaxError
 */
export function jsonModule(text: string): string {
  const value: unknown = parseJson(text);
  if (!isObject(value)) return `export default ${jsonLiteral(value)};`;
  const keys = Object.keys(value).filter((key) => key !== "default");
  const lines = keys.map((key, i) => `const v${i} = ${jsonLiteral(value[key])};`);
  const members = keys.map((key, i) => `[${JSON.stringify(key)}]: v${i}`);
  if (Object.hasOwn(value, "default")) members.push(`default: ${jsonLiteral(value["default"])}`);
  const names = keys.map((key, i) => `v${i} as ${JSON.stringify(key)}`).filter((_, i) => !LONE.test(keys[i]!));
  return [...lines, `export { ${names.join(", ")} };`, `export default { ${members.join(", ")} };`].join("\n");
}

/** A lone surrogate, which is not allowed in the name of an export. */
const LONE = /\p{Surrogate}/u;

/** Returns a value as source text. `__proto__` is an ordinary key in JSON, but in a literal it would set the prototype. */
export function jsonLiteral(value: unknown): string {
  return JSON.stringify(value).replace(/(?<=[{,])"__proto__":/g, '["__proto__"]:');
}

/** Parses the text of a JSON file. @throws SyntaxError */
export function parseJson(text: string): unknown {
  return JSON.parse(text.replace(/^\uFEFF/, ""));
}
