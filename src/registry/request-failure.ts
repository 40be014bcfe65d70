// Loaded on demand: when a request has failed after its last retry.

import type { Failure, WayOut } from "../api/failure.ts";
import type { ErrorCode } from "../errors/failure.ts";
import { failureOf } from "../errors/failure-of.ts";
import { shortValue } from "../errors/invalid-option.ts";
import { withoutSecrets } from "../errors/without-secrets.ts";
import { NoResponse } from "./no-response.ts";
import type { RequestKind } from "./transport.ts";

/** The reason why there is no readable response. */
export type Unreached = "offline" | "network" | "cors" | "mixed";

/** The known facts about a failed request. */
export interface RequestFacts {
  /** For an HTTP status, npm's code is `E` and the number. */
  code: ErrorCode;
  name: string;
  url: URL | undefined;
  /** The reason of EUNREACHABLE. */
  reason?: Unreached;
  /** EUNREACHABLE: the system's own code. E404: how the 404 was found out, if the status was not readable. */
  found?: string | undefined;
  /** E401 and E403: whether the request had credentials. */
  authorized?: boolean;
  /** EUNREACHABLE: what the embedder's own `fetch` threw, and the `Authorization` value that the error may quote. */
  thrown?: { readonly error: unknown; readonly token: string | undefined } | undefined;
  /** E429: the wait that the registry asks for. */
  milliseconds?: number | undefined;
  /** ETIMEDOUT: the option whose limit was reached, by default `timeout`, and all limits. */
  late?: "minRate" | "deadline" | undefined;
  times?: { readonly timeout: number; readonly deadline: number; readonly minRate: number };
  /** ELIMIT: the limit in bytes, and the kind of document. */
  limit?: number;
  kind?: RequestKind;
}

const optionWay = (name: string, text: string): WayOut => ({ kind: "option", option: name, text });
const otherWay = (text: string): WayOut => ({ kind: "other", text });

const UNREACHED: Record<Unreached, string> = {
  offline: "this browser is offline",
  network: "the registry did not answer",
  mixed:
    "this page is secure (https) and the address is not (http), so the browser blocks the request as mixed content",
  cors: "the registry's answer is not readable by a page: it has no CORS headers, or the package does not exist",
};

function describe(facts: RequestFacts): { text: string; wayOut: WayOut[] } {
  const { code, name, reason = "network", found, milliseconds } = facts;
  const later = otherWay(milliseconds ? `Try again in ${Math.ceil(milliseconds / 1000)} s.` : "Try again later.");
  switch (code) {
    case "E404": {
      const own = name.startsWith("@")
        ? optionWay("scopes", "Set the registry of the scope, if the package is private.")
        : optionWay("registry", "Set the registry that has the package, if it is private.");
      const token = optionWay("token", "Set a token: without one, some registries answer 404 for private packages.");
      return {
        text: found ? `not found: ${found}` : "the registry answered 404 (not found)",
        wayOut: [otherWay("Check the name."), own, token],
      };
    }
    case "E401":
    case "E403":
      return refused(facts);
    case "EUNREACHABLE": {
      const fault = faultOf(facts);
      if (fault) return { text: fault, wayOut: [optionWay("fetch", "Correct the callback, or leave it out.")] };
      const check = otherWay("Check the registry's URL and the network.");
      const proxy = optionWay("proxy", "In a page, use a relay on its own origin: set `proxy`.");
      const ways: Partial<Record<Unreached, WayOut[]>> = {
        offline: [otherWay("Connect to the network and try again.")],
        mixed: [
          optionWay("registry", "Use the registry over https. It must name https addresses for its tarballs too."),
          proxy,
        ],
      };
      return { text: UNREACHED[reason], wayOut: ways[reason] ?? [check, proxy] };
    }
    case "ETIMEDOUT":
      return { text: lateText(facts), wayOut: [later, lateWay(facts)] };
    case "ELIMIT": {
      const option = facts.kind === "tarball" ? "limits" : "packumentLimit";
      const member = facts.kind === "tarball" ? "limits.tarball" : option;
      return {
        text: `the ${facts.kind} has more than ${facts.limit} bytes`,
        wayOut: [optionWay(option, `Raise \`${member}\`, if you trust the registry.`)],
      };
    }
    case "EINVALIDPACKUMENT":
      return { text: "the registry's document is incomplete", wayOut: [later] };
    case "ENEEDAUTH":
      return {
        text: "options.token threw, or returned text that a header cannot contain, or the code of credentials cannot be loaded",
        wayOut: [optionWay("token", "Correct the callback, or load the page again.")],
      };
    case "EINVALIDURL":
      return {
        text: "its URL is not an http or https URL",
        wayOut: [otherWay("Correct the URL in package.json or in the lockfile.")],
      };
    default:
      return { text: `the registry answered ${code.slice(1)}`, wayOut: [later] };
  }
}

function refused({ code, url, authorized }: RequestFacts): { text: string; wayOut: WayOut[] } {
  const status = `(${code.slice(1)})`;
  if (!authorized) {
    const address = "an address that `registry`, `scopes` or `tokenUrls` names";
    const text = `Pass credentials for ${url?.host} with \`token\` or in .npmrc. They count for ${address}.`;
    return { text: `the registry refuses access without credentials ${status}`, wayOut: [optionWay("token", text)] };
  }
  const text =
    code === "E401"
      ? `the registry does not accept the credentials that were sent ${status}`
      : `the credentials that were sent give no access ${status}`;
  return { text, wayOut: [optionWay("token", "Use credentials that may read this package.")] };
}

/** Returns the fault of the embedder's `fetch`. Returns undefined for an error of the network, which every `fetch` may pass on. */
function faultOf({ thrown }: RequestFacts): string | undefined {
  const error = thrown?.error;
  if (error instanceof NoResponse) return `options.fetch returned ${answerText(error.given)}`;
  const message = thrown && causeOf(thrown);
  return !message || (error instanceof TypeError && /fetch|network/i.test(message))
    ? undefined
    : `options.fetch failed: ${message}`;
}

function answerText(given: unknown): string {
  const { bodyUsed, body } = Object(given) as Partial<Response>;
  if (bodyUsed || body?.locked) return "a response whose body was read before. Return a new one, or `response.clone()`";
  return `no response, but a value ${shortValue(given).replace(/^(?!of type)/, "of ")}`;
}

/** Returns the message of an error without the secrets of URLs, and nothing if it quotes the token. */
function causeOf({ error, token }: NonNullable<RequestFacts["thrown"]>): string | undefined {
  const message = withoutSecrets(failureOf(error).message)
    .replace(/(https?:\/\/[^\s#]*)#\S*/g, "$1")
    .replace(/\.$/, "");
  return token && message.includes(token.split(" ").pop() as string) ? undefined : message;
}

function lateText({ late, times }: RequestFacts): string {
  if (late === "deadline") return `the request took longer than ${times?.deadline} ms`;
  return late
    ? `data arrived at less than ${times?.minRate} bytes per second for ${times?.timeout} ms`
    : `no data arrived for ${times?.timeout} ms`;
}

function lateWay({ late }: RequestFacts): WayOut {
  return late === "minRate" ? optionWay(late, "Allow a lower rate.") : optionWay(late ?? "timeout", "Allow more time.");
}

/** Makes the failure of a request. Its URL has neither credentials nor a query, where signed URLs have their signature. */
export function requestFailure(facts: RequestFacts): Failure {
  const { code, name, found } = facts;
  const { text, wayOut } = describe(facts);
  const url = withoutSecrets(facts.url?.href ?? "");
  const message = `Cannot fetch ${name}${url && ` from ${url}`}: ${text}.`;
  const cause = code === "EUNREACHABLE" && facts.thrown ? causeOf(facts.thrown) : undefined;
  const details = { url, ...(facts.reason ? { reason: facts.reason } : {}), ...(cause ? { cause } : {}) };
  const status = /^E(\d+)$/.exec(code)?.[1];
  const seen = found ?? status;
  return { code, message, package: name, requiredBy: [], wayOut, details, ...(seen ? { found: seen } : {}) };
}
