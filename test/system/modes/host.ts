import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { ISOLATION } from "../../../scripts/serve.mjs";
import type { ConformanceCase } from "../../conformance/recorded.ts";
import type { PlainCase } from "./page-protocol.ts";

export interface Hosted {
  /** The folder of `page.js` and its chunks. */
  folder: string;
  cases: readonly { open(): ConformanceCase }[];
}

export interface Loopback extends AsyncDisposable {
  readonly url: string;
}

const HTML = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="module" src="/page.js"></script>`;

const TYPES: Record<string, string> = { ".js": "text/javascript; charset=utf-8", "": "text/html; charset=utf-8" };

function plainCase({ project, snapshot: _, ...plain }: ConformanceCase): PlainCase {
  const files = Object.entries(project.files).map(([path, content]) => [
    path,
    typeof content === "string" ? content : { b64: Buffer.from(content).toString("base64") },
  ]);
  return { ...plain, project: { ...project, files: Object.fromEntries(files) } };
}

/** Returns the body of an address: the page, a script, a case, or one of its documents. */
function bodyOf({ pathname, search }: URL, { folder, cases }: Hosted): Uint8Array | string | undefined {
  if (pathname === "/") return HTML;
  const [, top, index, kind] = pathname.split("/");
  if (top !== "cases") return readFileSync(join(folder, normalize(pathname)));
  const found = cases[Number(index)]?.open();
  if (!found || !kind) return found && JSON.stringify(plainCase(found));
  const key = decodeURIComponent(search.slice(1));
  return kind === "packument" ? found.snapshot.packument(key) : found.snapshot.tarball(key);
}

/** Serves a cross-origin isolated page on loopback, and the cases that it runs. */
export async function hostCases(hosted: Hosted): Promise<Loopback> {
  const server = createServer((request, response) => {
    const address = new URL(request.url ?? "/", "http://localhost");
    let body: Uint8Array | string | undefined;
    try {
      body = bodyOf(address, hosted);
    } catch {
      body = undefined;
    }
    const type = TYPES[extname(address.pathname)] ?? "application/octet-stream";
    response.writeHead(body === undefined ? 404 : 200, { ...ISOLATION, "content-type": type }).end(body);
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => void server.close(done));
    },
  };
}
