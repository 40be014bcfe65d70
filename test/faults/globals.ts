import { afterAll, beforeAll } from "vitest";
import { faultyLocks, faultyStorage } from "./world.ts";

// The globals of a page that has storage.

const names = ["indexedDB", "navigator"] as const;
const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));

beforeAll(() => {
  Object.defineProperty(globalThis, "indexedDB", { configurable: true, value: {} });
  const value = { locks: faultyLocks, storage: faultyStorage };
  Object.defineProperty(globalThis, "navigator", { configurable: true, value });
});

afterAll(() => {
  for (const [i, name] of names.entries()) {
    const descriptor = before[i];
    if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    else Reflect.deleteProperty(globalThis, name);
  }
});
