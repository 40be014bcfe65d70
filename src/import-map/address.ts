import type { WayOut } from "../api/failure.ts";
import type { InstallError } from "../errors/failure.ts";
import { invalidOption } from "../errors/invalid-option.ts";
import { withoutSecrets } from "../errors/without-secrets.ts";

/** An address in an import map has a scheme, or begins with `/`, `./` or `../`. Anything else would be a package's name. */
const ADDRESS = /^(?:https?:\/\/|file:\/\/|\/|\.\.?\/)/;

/** Returns a base address, with a slash at its end. @throws InstallError EINVALIDOPTION */
export function baseAddress(base: unknown): string {
  if (typeof base === "string" && isAddress(base) && !/[?#]/.test(base)) return base.endsWith("/") ? base : `${base}/`;
  const examples = 'https://cdn.example/, /files/ or ./files/; "files/" would be read as a package';
  throw refusedOption("base", base, { must: "be an address", examples });
}

export function isAddress(text: string): boolean {
  return ADDRESS.test(text) && !/[\s\\]/.test(text) && URL.canParse(text, "http://base/");
}

/** Escapes a path as browsers do, so that one file has one address: `a b%.js` becomes `a%20b%25.js`. */
export function escapePath(path: string): string {
  if (/^[\w@$.\-+/~!*'(),;:=&]*$/.test(path)) return path;
  const escaped = path.replace(/[%?#\\]/g, (char) => encodeURIComponent(char));
  return new URL(`http://base/${escaped}`).pathname.slice(1);
}

interface Reason {
  /** Continues "must …". */
  must: string;
  /** Examples of valid values. */
  examples: string;
}

export function refusedOption(name: string, value: unknown, { must, examples }: Reason): InstallError {
  const given =
    typeof value === "string"
      ? JSON.stringify(withoutSecrets(value))
      : value === null
        ? "null"
        : `a value of type ${typeof value}`;
  const wayOut: WayOut[] = [{ kind: "option", option: name || "options", text: `Use, for example, ${examples}.` }];
  return invalidOption(`options${name && `.${name}`} must ${must}, not ${given}.`, wayOut);
}
