import { isObject } from "../../src/base/json.ts";

/**
 * JSON as a module: the whole by default, and each key by its name (`export { v0 as "my-key" }`), so that what is not
 * used can be left out and `require` finds the keys.
 * @throws SyntaxError
 */
export function jsonModule(text: string): string {
  const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
  if (!isObject(value)) return `export default ${literal(value)};`;
  const keys = Object.keys(value).filter((key) => key !== "default");
  const lines = keys.map((key, i) => `const v${i} = ${literal(value[key])};`);
  const members = keys.map((key, i) => `[${JSON.stringify(key)}]: v${i}`);
  if (Object.hasOwn(value, "default")) members.push(`default: ${literal(value["default"])}`);
  const names = keys.map((key, i) => `v${i} as ${JSON.stringify(key)}`).filter((_, i) => !LONE.test(keys[i]!));
  return [...lines, `export { ${names.join(", ")} };`, `export default { ${members.join(", ")} };`].join("\n");
}

/** Half of a character is no name for an export. */
const LONE = /\p{Surrogate}/u;

/** In JSON `__proto__` is a key like others, in a literal it would be the prototype. */
function literal(value: unknown): string {
  return JSON.stringify(value).replace(/(?<=[{,])"__proto__":/g, '["__proto__"]:');
}
