/** An input of a target: what JSON can express, and bytes. */
export type Value = null | boolean | number | string | Uint8Array | Value[] | Tree;

export interface Tree {
  [key: string]: Value;
}

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Sets a member, also one with the name `__proto__`. */
export function setMember(tree: Tree | Value[], key: string | number, value: Value): void {
  Object.defineProperty(tree, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Returns a copy. Bytes are shared. */
export function copyOf(value: Value): Value {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isTree(value)) return value;
  const copy: Tree = {};
  for (const key of Object.keys(value)) setMember(copy, key, copyOf(value[key] as Value));
  return copy;
}

/** Freezes a value at every depth, so that a target that changes its input throws. Bytes cannot be frozen. */
export function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
