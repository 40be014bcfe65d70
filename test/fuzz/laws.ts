import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { Failure } from "../../src/api/failure.ts";
import { InstallError } from "../../src/errors/failure.ts";
import type { Target } from "./target.ts";
import { freeze, type Value } from "./value.ts";

// What must hold for every input of every target:
//
// 1. It ends with an answer, or with an InstallError whose code is in the union and allowed here.
// 2. The message of a failure or a warning is short, and no message of the JavaScript engine.
// 3. A failure is plain data.
// 4. The prototypes of JavaScript's own objects stay as they are.
// 5. No promise is rejected without anybody who waits for it.
// 6. The input stays as it is: it is frozen, and a write would throw.

/** The characters of a message at most: the limit of src/errors/failure.ts, and the mark of a cut. */
const LONGEST_MESSAGE = 20_001;

const CODES = new Set(
  [...readFileSync("src/api/error-code.ts", "utf8").matchAll(/^ {2}\| "(\w+)"/gm)].map(([, code = ""]) => code),
);

/** Codes that mean a fault: of the library, or of a thread that these targets do not have. */
const FAULTS = new Set(["EINTERNAL", "EUNREGISTERED", "EABORTED", "EDISPOSED", "EWORKER", "EMEMORY", "EDROPPED"]);

/** Messages of JavaScript's own errors. */
const ENGINE_MESSAGE =
  /is not a function|is not iterable|is not a constructor|Cannot (?:read|set|convert|destructure|assign|redefine|delete|use)|of undefined|Maximum call stack|Invalid (?:string|array|typed array) length|is not an object or null|Reduce of empty|is not extensible|object null|\bat \S+:\d+:\d+|Invalid regular expression/;

/** Returns what is wrong with a failure or a warning, or null. */
export function faultOf(failure: Failure, allowed: readonly string[] = []): string | null {
  const { code, message } = failure;
  if (!CODES.has(code) && !/^E\d{3}$/.test(code)) return `the code ${code} is not in the union`;
  if (FAULTS.has(code) && !allowed.includes(code)) {
    return `${code}: ${message} ${String(failure.details?.["stack"] ?? "")}`;
  }
  if (code === "ENPMCRASH" && !/ displace each other/.test(message)) return `${code}: ${message}`;
  if (message.length > LONGEST_MESSAGE) return `${code}: the message has ${message.length} characters`;
  if (ENGINE_MESSAGE.test(message)) return `${code}: the message is JavaScript's own: ${message}`;
  const copy = JSON.parse(JSON.stringify(failure)) as unknown;
  if (typeof copy !== "object" || copy === null) return `${code}: the failure is no data`;
  return null;
}

/** A law that the target itself found broken. */
export class BrokenLaw extends Error {}

const PROTOTYPES = [Object, Array, Function, String, Map, Promise].map(({ prototype }) => prototype as object);
const BEFORE = PROTOTYPES.map((prototype) => Object.getOwnPropertyDescriptors(prototype));
const COUNTS = PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).length);

function pollution(): string | null {
  const changed = PROTOTYPES.some((prototype, i) => Reflect.ownKeys(prototype).length !== COUNTS[i]);
  if (!changed) return null;
  const added = PROTOTYPES.flatMap((prototype, i) => {
    const keys = Reflect.ownKeys(prototype).filter((key) => !Object.hasOwn(BEFORE[i] as object, key));
    for (const key of keys) Reflect.deleteProperty(prototype, key);
    return keys;
  });
  return `a prototype was changed: ${added.map(String).join(", ")}`;
}

/** Errors of promises that nobody waits for, since the last input. */
const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => void unhandled.push(reason));

/** Runs one input. Returns the broken law, or null. */
export async function check(target: Target, input: Value): Promise<{ fault: string | null; code: string }> {
  let fault: string | null = null;
  let code = "ok";
  const before = input instanceof Uint8Array ? input.slice() : null;
  try {
    await target.run(freeze(input));
  } catch (error) {
    if (error instanceof InstallError) {
      ({ code } = error);
      fault = faultOf(error.failure, target.allowed);
    } else {
      code = "uncoded";
      fault = error instanceof Error ? (error.stack ?? error.message) : `not an error was thrown: ${String(error)}`;
    }
  }
  if (before && !isDeepStrictEqual(before, input)) fault ??= "the input was changed";
  if (unhandled.length > 0) {
    // Node reports them once no other work is ready.
    const [first] = unhandled.splice(0);
    fault ??= `an unhandled rejection: ${first instanceof Error ? first.stack : String(first)}`;
  }
  return { fault: fault ?? pollution(), code };
}

/** Returns what a fault is recognised by while its input is shrunk: its kind and the place in the sources. */
export function signatureOf(fault: string): string {
  const [first = "", ...rest] = fault.split("\n");
  const place = rest.find((line) => /^ {4}at /.test(line) && !/<anonymous>|node:|node_modules/.test(line)) ?? "";
  return `${first
    .slice(0, 60)
    .replace(/["'`].*/, "")
    .replace(/\d+/g, "0")} ${place
    .trim()
    .replace(/:\d+:\d+/g, "")
    .replace(/\(.*\//, "(")}`;
}
