import type { ProjectInput } from "../../src/api/resolve.ts";
import { isObject } from "../../src/base/json.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import { invalidInput, invalidOption } from "../../src/errors/invalid-option.ts";

/** The value that is being copied: its path in a message, and the error to throw. */
interface Subject {
  path: string;
  /** The objects around it. */
  depth?: number;
  refuse: (message: string) => InstallError;
}

const MAX_DEPTH = 20;

/**
 * Copies plain data, so that it can be sent to a worker. Unwraps the proxies that frameworks put around objects. Does not copy bytes.
 */
function plain(read: () => unknown, { path, refuse, depth = 0 }: Subject): unknown {
  // No option nests as deep. A value that contains itself would nest without end.
  if (depth > MAX_DEPTH) throw refuse(`${path.slice(0, 80)}… nests deeper than ${MAX_DEPTH} levels.`);
  let why: string;
  try {
    const value = read();
    const kind = Object.prototype.toString.call(value).slice(8, -1);
    const members = value as Record<string, unknown>;
    const member = (key: string): unknown =>
      plain(() => members[key], {
        path: path + (/^\w+$/.test(key) ? `.${key}` : `["${key}"]`),
        refuse,
        depth: depth + 1,
      });
    if (Array.isArray(value)) return Object.keys(value).map(member);
    if (kind === "Object") return Object.fromEntries(Object.keys(members).map((key) => [key, member(key)]));
    if (kind === "Date") return new Date(value as Date);
    // Throws if the bytes were transferred to another thread, because no view of them can be created.
    if (kind === "Uint8Array") return new Uint8Array((value as Uint8Array).buffer) && value;
    if (value === null || !/object|function|symbol/.test(typeof value)) return value;
    why = `must be plain data, not a ${kind}`;
  } catch (error) {
    if (error instanceof InstallError) throw error;
    why = `cannot be read (${failureOf(error).message})`;
  }
  throw refuse(`${path} ${why}.`);
}

/** Returns a copy of options, which reads each of them once. @throws InstallError EINVALIDOPTION if they are no object, or a getter throws */
export function ownOptions<T extends object>(given: T): T {
  let why = "must be an object";
  try {
    if (isObject(given)) return { ...given };
  } catch (error) {
    why = `cannot be read (${failureOf(error).message})`;
  }
  throw invalidOption(`options ${why}.`);
}

/** Copies options. @throws InstallError EINVALIDOPTION for a function, an object that is not plain, or a getter that throws */
export function plainOptions<T extends object>(read: () => T, path = "options"): T {
  return plain(read, { path, refuse: invalidOption }) as T;
}

/** Copies and checks a project. @throws InstallError EINVALIDINPUT for data that is not plain, or that is not a set of files */
export function plainInput(project: ProjectInput): ProjectInput {
  const read = (): ProjectInput => {
    const { files, root = "", name = "" } = Object(project) as ProjectInput;
    return { files, root, name };
  };
  const input = plain(read, { path: "project", refuse: invalidInput }) as ProjectInput;
  const { files, root, name } = input;
  const demand = (good: boolean, path: string, what: string): void => {
    if (!good) throw invalidInput(`project${path} must be ${what}.`);
  };
  demand(isObject(files), ".files", "an object of files");
  demand(typeof root === "string", ".root", "text");
  demand(typeof name === "string", ".name", "text");
  for (const [key, content] of Object.entries(files)) {
    const good = content === undefined || typeof content === "string" || ArrayBuffer.isView(content);
    demand(good, `.files["${key}"]`, "text or bytes");
  }
  return input;
}
