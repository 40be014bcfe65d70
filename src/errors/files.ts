import type { Failure, WayOut } from "../api/failure.ts";
import { failure, InstallError } from "./failure.ts";

/** ENOENT: a file that the project needs is not among its files. */
export function notFound(message: string, more?: Partial<Failure>): Failure {
  return failure("ENOENT", message, more);
}

/** EJSONPARSE, with `details: { file, text }`: `withWaysOut` finds the line and column. */
export function notJson(file: string, text: string): InstallError {
  return new InstallError(failure("EJSONPARSE", `${file} is not valid JSON.`, { details: { file, text } }));
}

/** ENOTLOADED: a synchronous call needs bytes that are not in memory. */
export function notLoaded(message: string, wayOut: WayOut[] = []): InstallError {
  return new InstallError(failure("ENOTLOADED", message, { wayOut }));
}
