import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Kind } from "./kinds.ts";

/** A column of the table that `npm run test:browsers` prints. */
export type Column =
  | "version"
  | "isolated page"
  | "other page"
  | "caches between visits"
  | "origin-private file system"
  | "storage refused";

/** What the tests of one browser found. Each test that passes adds its fact. */
export class Facts {
  readonly #kind: Kind;
  readonly #known: Partial<Record<Column, string>> = {};

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  set(column: Column, fact: string): void {
    this.#known[column] = fact;
  }

  /** Writes the facts to a file of `folder`, for the script to read. */
  write(folder: string): void {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${this.#kind}.json`), JSON.stringify({ kind: this.#kind, facts: this.#known }));
  }
}
