import type { Failure, WayOut } from "../api/failure.ts";
import type { ErrorCode } from "../errors/failure.ts";

// Loaded when a request has failed for good. It imports types alone: a module that it shared with the transport would
// become a file of its own, for every page to load.

/** Why nothing that may be read came back. */
export type Unreached = "offline" | "network" | "cors";

/** What is known of a request that failed. */
export interface RequestFacts {
  /** npm's code for a status is `E` and the number. */
  code: ErrorCode;
  name: string;
  url: URL | undefined;
  /** EUNREACHABLE: why. */
  reason?: Unreached;
  /** EUNREACHABLE: the system's own code. E404: how it was decided, where the status could not be read. */
  found?: string | undefined;
  /** Milliseconds: that the registry asks to wait (E429), or that nothing came for (ETIMEDOUT). */
  milliseconds?: number | undefined;
}

const option = (name: string, text: string): WayOut => ({ kind: "option", option: name, text });
const other = (text: string): WayOut => ({ kind: "other", text });

const UNREACHED: Record<Unreached, string> = {
  offline: "this browser is offline",
  network: "no answer from the registry",
  cors: "the registry answers, but not in a way that a page may read: it sends no CORS headers, or has no such package",
};

function describe({ code, reason = "network", found, milliseconds }: RequestFacts): { text: string; wayOut: WayOut[] } {
  const later = other(
    code !== "ETIMEDOUT" && milliseconds ? `Try again in ${Math.ceil(milliseconds / 1000)} s.` : "Try again later.",
  );
  switch (code) {
    case "E404": {
      const scopes = option("scopes", "Name the registry of a private package's scope.");
      const token = option("token", "Give a token: without one, some registries answer 404 for private packages.");
      return { text: `not found${found ? `: ${found}` : ""}`, wayOut: [other("Check the name."), scopes, token] };
    }
    case "E401":
    case "E403": {
      const wayOut = [option("token", "Give a token that may read this package.")];
      return { text: `the registry refused access (${code.slice(1)})`, wayOut };
    }
    case "EUNREACHABLE": {
      const check = other("Check the registry's URL and the network.");
      const proxy = option("proxy", "Go through a relay on the page's own origin.");
      return {
        text: UNREACHED[reason],
        wayOut: reason === "offline" ? [other("Connect, and try again.")] : [check, proxy],
      };
    }
    case "ETIMEDOUT":
      return { text: `nothing came for ${milliseconds} ms`, wayOut: [later, option("timeout", "Allow more time.")] };
    case "EINVALIDPACKUMENT":
      return { text: "the registry's document is cut short", wayOut: [later] };
    case "ENEEDAUTH":
      return {
        text: "`token` failed or gave what no header can carry",
        wayOut: [option("token", "Mend the callback.")],
      };
    case "EINVALIDURL":
      return { text: "not an http or https URL", wayOut: [] };
    default:
      return { text: `the registry answered ${code.slice(1)}`, wayOut: [later] };
  }
}

/** The failure of a request, in words. Its URL has neither credentials nor a query: signed URLs keep theirs there. */
export function requestFailure(facts: RequestFacts): Failure {
  const { code, name, found } = facts;
  const { text, wayOut } = describe(facts);
  const url = facts.url ? facts.url.origin + facts.url.pathname : "";
  const message = `${name}: ${text}${url && ` (GET ${url})`}`;
  const details = { url, ...(facts.reason ? { reason: facts.reason } : {}) };
  const status = /^E(\d+)$/.exec(code)?.[1];
  const seen = found ?? status;
  return { code, message, package: name, requiredBy: [], wayOut, details, ...(seen ? { found: seen } : {}) };
}
