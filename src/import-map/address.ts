import type { WayOut } from "../api/failure.ts";
import type { InstallError } from "../errors/failure.ts";
import { invalidOption } from "../errors/invalid-option.ts";

/** A key or an address of an import map has to be told from a package's name: by its scheme, or by how it begins. */
const ADDRESS = /^(?:https?:\/\/|file:\/\/|\/|\.\.?\/)/;

/** An address that files are below, with a slash at its end. @throws InstallError EINVALIDOPTION */
export function baseAddress(base: unknown): string {
  if (typeof base === "string" && isAddress(base) && !/[?#]/.test(base)) return base.endsWith("/") ? base : `${base}/`;
  const such = 'https://cdn.example/, /files/ or ./files/; "files/" would be a package';
  throw refusedOption("base", base, { why: "is no address", such });
}

export function isAddress(text: string): boolean {
  return ADDRESS.test(text) && !/[\s\\]/.test(text) && URL.canParse(text, "http://base/");
}

/** A path as part of an address, escaped as browsers do themselves, so that one file has one address: `a b%.js` to `a%20b%25.js`. */
export function escapePath(path: string): string {
  if (/^[\w@$.\-+/~!*'(),;:=&]*$/.test(path)) return path;
  const kept = path.replace(/[%?#\\]/g, (char) => encodeURIComponent(char));
  return new URL(`http://base/${kept}`).pathname.slice(1);
}

interface Reason {
  why: string;
  /** Examples of what would do. */
  such: string;
}

export function refusedOption(name: string, value: unknown, { why, such }: Reason): InstallError {
  const told = typeof value === "string" ? JSON.stringify(value.slice(0, 100)) : typeof value;
  const wayOut: WayOut[] = [{ kind: "option", option: name, text: `Such as ${such}.` }];
  return invalidOption(`${name}: ${told} ${why}.`, wayOut);
}
