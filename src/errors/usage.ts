import type { Failure } from "../api/failure.ts";
import { failure } from "./failure.ts";

/** EUSAGE: the command line is not valid. @param hint what to do */
export function wrongUsage(message: string, hint: string): Failure {
  return failure("EUSAGE", message, { wayOut: [{ kind: "other", text: hint }] });
}

/** EUSAGE: the lock and the package.json differ. The message is that of `npm ci`. */
export function outOfSync(problems: readonly string[]): Failure {
  const text =
    "`npm ci` can only install packages when your package.json and package-lock.json are in sync. Please update your lock file with `npm install` before continuing.";
  const hint = "Resolve the project again, and install the resolution or its new lock.";
  return { ...wrongUsage(`${text}\n\n${problems.join("\n")}`, hint), details: { problems } };
}
