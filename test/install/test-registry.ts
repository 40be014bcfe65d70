import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { packument, type TestPackage, tarballPath } from "./packages.ts";

/** One answer to a request: bytes or a status, at once or after `release`. */
export interface Answer {
  bytes?: Uint8Array;
  status?: number;
  headers?: Readonly<Record<string, string>>;
  /** `hold`: sends nothing until `release`. `stall`: sends half of the body before `release`. */
  manner?: "hold" | "stall";
  /** Milliseconds before the answer. */
  latency?: number;
}

const HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "authorization, *",
  "access-control-expose-headers": "*",
  "cross-origin-resource-policy": "cross-origin",
};

/** A registry with scripted answers, which records its requests. */
export class TestRegistry {
  /** Base URL, with a trailing slash. */
  readonly url: string;
  /** The requested paths, in order. */
  readonly asked: string[] = [];
  /** Answers in order, by path. The last one repeats. */
  readonly answers = new Map<string, readonly Answer[]>();
  /** Milliseconds before each answer that sets no `latency`. */
  latency = 0;
  readonly #packages = new Map<string, TestPackage[]>();
  readonly #times = new Map<string, number>();
  readonly #open = new Map<ServerResponse, () => void>();

  constructor(url: string) {
    this.url = url;
  }

  /** Adds packages: their documents and tarballs. */
  publish(...packages: readonly TestPackage[]): void {
    for (const one of packages) {
      const versions = this.#packages.get(one.name) ?? [];
      this.#packages.set(one.name, versions);
      const others = versions.filter(({ version }) => version !== one.version);
      versions.splice(0, versions.length, ...others, one);
      this.answers.set(tarballPath(one), [{ bytes: one.bytes }]);
    }
  }

  /** Returns how often a path was requested. */
  count(path: string): number {
    return this.asked.filter((one) => one === path).length;
  }

  /** Requests that are neither answered nor cancelled. */
  get open(): number {
    return this.#open.size;
  }

  /** Answers all held requests. */
  release(): void {
    for (const answer of [...this.#open.values()]) answer();
  }

  /** Removes all packages, answers and recorded requests, and answers held requests. */
  reset(): void {
    this.asked.length = 0;
    this.#times.clear();
    this.answers.clear();
    this.#packages.clear();
    this.latency = 0;
    this.release();
  }

  /** Answers a request for a path below the base URL. */
  serve(path: string, request: IncomingMessage, response: ServerResponse): void {
    if (request.method === "OPTIONS") return void response.writeHead(204, HEADERS).end();
    this.asked.push(path);
    const answer = this.#answerTo(path);
    const { bytes = new Uint8Array(), status = 200, manner, latency = this.latency, headers = {} } = answer;
    const half = bytes.subarray(0, bytes.length >> 1);
    const start = (): void =>
      void response.writeHead(status, { ...HEADERS, ...headers, "content-length": bytes.length });
    const finish = (): void => {
      if (this.#open.delete(response)) response.end(manner === "stall" ? bytes.subarray(half.length) : bytes);
    };
    this.#open.set(response, () => {
      if (!response.headersSent) start();
      finish();
    });
    response.once("close", () => this.#open.delete(response));
    const begin = (): void => {
      if (!this.#open.has(response) || manner === "hold") return;
      start();
      if (manner === "stall") response.write(half);
      else finish();
    };
    if (latency > 0) setTimeout(begin, latency);
    else begin();
  }

  #answerTo(path: string): Answer {
    const time = this.#times.get(path) ?? 0;
    this.#times.set(path, time + 1);
    const answers = this.answers.get(path);
    if (answers) return answers[Math.min(time, answers.length - 1)] as Answer;
    // `a/1.0.0` is one version's manifest.
    const [, name = "", version] = /^((?:@[^/]+\/)?[^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
    const versions = this.#packages.get(name);
    if (!versions) return { status: 404, bytes: new TextEncoder().encode("{}") };
    const document = packument(versions, this.url) as { versions: Record<string, unknown> };
    const body = JSON.stringify(version ? document.versions[version] : document);
    return { bytes: new TextEncoder().encode(body), headers: { "content-type": "application/json" } };
  }
}

/** Starts a registry on loopback, for tests in Node. */
export async function openTestRegistry(): Promise<TestRegistry & AsyncDisposable> {
  const server = createServer((request, response) => {
    testRegistry.serve(decodeURIComponent(request.url ?? "").slice(1), request, response);
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const testRegistry = new TestRegistry(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return Object.assign(testRegistry, {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => void server.close(done));
    },
  });
}
