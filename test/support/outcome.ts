import type { Failure } from "../../src/api/failure.ts";
import type { Resolution } from "../../src/api/resolve.ts";
import { InstallError } from "../../src/errors/failure.ts";

/** Returns the failure of a resolution that must not succeed. Rethrows an error without a code. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof InstallError) return error.failure;
    throw error;
  }
  throw new Error("Expected a failure, but the resolution succeeded");
}

/** Returns code and package of each warning, in order: `ERESOLVE b`. */
export function warned({ warnings }: Resolution): string[] {
  return warnings.map(({ code, package: name }) => (name === undefined ? code : `${code} ${name}`));
}

type Entry = Readonly<Record<string, unknown>>;

/** Parses the written lock. Returns its entries by location. */
export function entriesOf({ files }: Resolution): Map<string, Entry> {
  const text = files["package-lock.json"] ?? files["npm-shrinkwrap.json"] ?? "{}";
  const { packages = {} } = JSON.parse(text) as { packages?: Record<string, Entry> };
  return new Map(Object.entries(packages));
}

const FLAGS = ["dev", "optional", "devOptional", "peer", "extraneous", "inBundle", "link"] as const;

/** Returns the flags of each lock entry: `node_modules/a dev peer`. */
export function flagsOf(resolution: Resolution): string[] {
  const entries = [...entriesOf(resolution)].filter(([location]) => location !== "");
  return entries.map(([location, entry]) => [location, ...FLAGS.filter((flag) => entry[flag] === true)].join(" "));
}

/** Returns the code and the message of the error that `work` throws or rejects with, and `taken` if it does not. */
export async function refusalOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code}: ${message}`;
  }
  return "taken";
}
