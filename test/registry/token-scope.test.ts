import { expect, test } from "vitest";
import { createFetchTransport } from "../../workers/net/fetch-transport.ts";
import { Tokens } from "../../workers/net/tokens.ts";

// Which requests carry credentials. `npm`: what npm-registry-fetch 19 answers for the key `//host/path/:_authToken` of the base URL,
// without a configured registry. A difference has its reason.

interface Row {
  base: string;
  url: string;
  sent: boolean;
  npm?: boolean;
  why?: string;
}

const rows: Row[] = [
  { base: "https://h.example/", url: "https://h.example/a", sent: true },
  { base: "https://h.example", url: "https://h.example/@s%2fa", sent: true },
  { base: "https://h.example/", url: "https://h.example/a/-/a-1.0.0.tgz?sign=1#x", sent: true },
  { base: "https://h.example/", url: "https://other.example/a", sent: false },
  { base: "https://h.example/", url: "https://h.example.evil/a", sent: false },
  { base: "https://h.example/", url: "https://sub.h.example/a", sent: false },
  { base: "https://h.example/", url: "https://h.example./a", sent: false },
  // ports
  { base: "https://h.example:8443/", url: "https://h.example:8443/a", sent: true },
  { base: "https://h.example:8443/", url: "https://h.example/a", sent: false },
  { base: "https://h.example/", url: "https://h.example:8443/a", sent: false },
  { base: "https://h.example/", url: "https://h.example:443/a", sent: true },
  { base: "http://h.example:80/", url: "http://h.example/a", sent: true, npm: false, why: "npm's key has no scheme" },
  // schemes
  { base: "https://h.example/", url: "http://h.example/a", sent: false, npm: true, why: "the token would be readable" },
  { base: "http://h.example/", url: "https://h.example/a", sent: false, npm: true, why: "another port" },
  // paths
  { base: "https://h.example/npm/", url: "https://h.example/npm/a", sent: true },
  { base: "https://h.example/npm", url: "https://h.example/npm/a", sent: true },
  { base: "https://h.example/npm//", url: "https://h.example/npm/a", sent: true, npm: false, why: "no empty segment" },
  {
    base: "https://h.example/npm/",
    url: "https://h.example/npm",
    sent: true,
    npm: false,
    why: "the registry's own URL",
  },
  { base: "https://h.example/npm/", url: "https://h.example/npm2/a", sent: false },
  { base: "https://h.example/npm", url: "https://h.example/npm2/a", sent: false },
  { base: "https://h.example/npm/", url: "https://h.example/a", sent: false },
  { base: "https://h.example/npm/", url: "https://h.example/files/npm/a", sent: false },
  { base: "https://h.example/npm/team/", url: "https://h.example/npm/a", sent: false },
  { base: "https://h.example/npm/", url: "https://h.example/npm/team/a", sent: true },
  { base: "https://h.example/npm/", url: "https://h.example//npm/a", sent: false },
  { base: "https://h.example/NPM/", url: "https://h.example/npm/a", sent: false },
  // dot segments, plain and escaped
  { base: "https://h.example/npm/", url: "https://h.example/npm/../a", sent: false },
  { base: "https://h.example/npm/", url: "https://h.example/npm/%2e%2E/a", sent: false },
  { base: "https://h.example/npm/", url: "https://h.example/other/../npm/a", sent: true },
  { base: "https://h.example/npm/", url: "https://h.example\\npm\\a", sent: true },
  { base: "https://h.example/npm/", url: "https://h.example/npm/..%2fa", sent: false, npm: true, why: "may lead out" },
  {
    base: "https://h.example/npm/",
    url: "https://h.example/npm/x%2F..%2Fa",
    sent: false,
    npm: true,
    why: "may lead out",
  },
  { base: "https://h.example/npm/", url: "https://h.example/npm/..%5ca", sent: false, npm: true, why: "may lead out" },
  {
    base: "https://h.example/npm/",
    url: "https://h.example/npm/%252e%252e%252fa",
    sent: false,
    npm: true,
    why: "may lead out",
  },
  { base: "https://h.example/npm/", url: "https://h.example/npm/..;/a", sent: false, npm: true, why: "may lead out" },
  { base: "https://h.example/npm/", url: "https://h.example/npm/..a/a..", sent: true },
  { base: "https://h.example/npm/", url: "https://h.example/npm/%2e%2e%2e", sent: true },
  // spellings of one host
  {
    base: "https://H.Example/",
    url: "https://h.eXample/a",
    sent: true,
    npm: false,
    why: "npm's key is used as written",
  },
  {
    base: "https://bücher.example/",
    url: "https://xn--bcher-kva.example/a",
    sent: true,
    npm: false,
    why: "npm's key is used as written",
  },
  { base: "https://xn--bcher-kva.example/", url: "https://bücher.example/a", sent: true },
  { base: "https://h.example/", url: "https://ｈ.example/a", sent: true },
  { base: "http://127.0.0.1/", url: "http://2130706433/a", sent: true },
  { base: "http://[::1]/", url: "http://[0:0::1]/a", sent: true },
  // spellings of one path
  { base: "https://h.example/te%61m/", url: "https://h.example/team/a", sent: false },
  { base: "https://h.example/team/", url: "https://h.example/te%61m/a", sent: false },
  {
    base: "https://h.example/tëam/",
    url: "https://h.example/t%C3%ABam/a",
    sent: true,
    npm: false,
    why: "npm's key is used as written",
  },
  // userinfo
  { base: "https://h.example/", url: "https://user:word@h.example/a", sent: true },
  {
    base: "https://user:word@h.example/",
    url: "https://h.example/a",
    sent: true,
    npm: false,
    why: "npm's key is used as written",
  },
  { base: "https://h.example/", url: "https://h.example@evil.example/a", sent: false },
  { base: "https://h.example/", url: "https://evil.example/https://h.example/a", sent: false },
];

test.each(rows)("a token of $base goes to $url: $sent", async ({ base, url, sent, npm, why }) => {
  const seen: (string | null)[] = [];
  const transport = createFetchTransport({
    registry: base,
    token: () => "hush",
    retries: 0,
    fetch: async (_, init) => {
      seen.push(new Headers(init?.headers).get("authorization"));
      return new Response("{}");
    },
  });
  await transport.get({ kind: "tarball", name: "a", url, metadata: "full" });
  transport.dispose();
  expect(seen).toEqual([sent ? "Bearer hush" : null]);
  expect(why === undefined).toBe(npm === undefined || npm === sent);
});

test("each of several registries on one origin is asked for its own URLs, the longest base first", async () => {
  const asked: [string, string][] = [];
  const tokens = new Tokens({
    registry: "https://h.example/npm",
    scopes: { "@a": "https://h.example/npm/a/", b: "https://h.example/b/" },
    tokenUrls: ["https://files.example/acme/"],
    token: (url, { registry }) => {
      asked.push([url, registry]);
      return `${new URL(registry).pathname.replaceAll("/", "-")}`;
    },
  });
  const values: Record<string, string | undefined | null> = {};
  for (const url of [
    "https://h.example/npm/x",
    "https://h.example/npm/a/@a%2fx",
    "https://h.example/npm/ab/x",
    "https://h.example/b/@b%2fx",
    "https://h.example/c/@c%2fx",
    "https://h.example/x",
    "https://files.example/acme/x.tgz",
    "https://files.example/evil/x.tgz",
  ]) {
    values[url] = await tokens.of(new URL(url));
    // An answer is kept for the run.
    await tokens.of(new URL(url));
  }
  expect(values).toEqual({
    "https://h.example/npm/x": "Bearer -npm-",
    "https://h.example/npm/a/@a%2fx": "Bearer -npm-a-",
    "https://h.example/npm/ab/x": "Bearer -npm-",
    "https://h.example/b/@b%2fx": "Bearer -b-",
    "https://h.example/c/@c%2fx": undefined,
    "https://h.example/x": undefined,
    "https://files.example/acme/x.tgz": "Bearer -acme-",
    "https://files.example/evil/x.tgz": undefined,
  });
  expect(asked).toEqual([
    ["https://h.example/npm/x", "https://h.example/npm/"],
    ["https://h.example/npm/a/@a%2fx", "https://h.example/npm/a/"],
    ["https://h.example/npm/ab/x", "https://h.example/npm/"],
    ["https://h.example/b/@b%2fx", "https://h.example/b/"],
    ["https://files.example/acme/x.tgz", "https://files.example/acme/"],
  ]);
});

test("a project's credentials count where the callback gives none, and stay below their own address", async () => {
  const credentials = [
    { base: "https://h.example/npm/", authorization: "Bearer wide" },
    { base: "https://h.example/npm/team/", authorization: "Basic narrow" },
    // No option names this one, so the callback's code would not send it either.
    { base: "https://other.example/", authorization: "Bearer lost" },
  ];
  const tokens = new Tokens({
    registry: "https://h.example/npm/",
    token: (url) => (url.endsWith("/own") ? "own" : undefined),
    credentials,
  });
  const sent = async (url: string): Promise<unknown[]> => {
    const value = await tokens.of(new URL(url));
    return [value, tokens.baseOf(new URL(url))];
  };
  expect(await sent("https://h.example/npm/a")).toEqual(["Bearer wide", "https://h.example/npm/"]);
  expect(await sent("https://h.example/npm/team/a")).toEqual(["Basic narrow", "https://h.example/npm/team/"]);
  expect(await sent("https://h.example/npm/team/own")).toEqual(["Bearer own", "https://h.example/npm/"]);
  expect(await sent("https://h.example/a")).toEqual([undefined, undefined]);
  expect(await sent("https://other.example/a")).toEqual([undefined, undefined]);
  // A refused token of the project is not sent again.
  expect(await tokens.renew(new URL("https://h.example/npm/a"), "Bearer wide")).toBe(false);
});
