import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fixtureCases } from "../conformance/fixtures.ts";
import type { Suite } from "../conformance/recorded.ts";
import { type RegistryServer, startRegistry } from "../support/registry/server.ts";
import { FakeRegistry } from "../system/lifecycle/stage.ts";

/** Registries on loopback, each for the packages of one recorded case. */
export class RecordedRegistries implements AsyncDisposable {
  readonly #servers: RegistryServer[] = [];

  /** Starts the registries of a suite. Returns their URLs by the name of the case. */
  async start(
    suite: Suite,
    wanted: (name: string, index: number) => boolean = () => true,
  ): Promise<Record<string, string>> {
    const urls: Record<string, string> = {};
    for (const [index, { name, snapshot }] of (await fixtureCases(suite)).entries()) {
      if (!wanted(name, index)) continue;
      const server = await startRegistry(snapshot);
      this.#servers.push(server);
      urls[name] = server.url;
    }
    return urls;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }
}

const PREFLIGHT = { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization, *" };

/** A registry that answers when a test lets it. */
export interface HeldRegistry extends AsyncDisposable {
  readonly registry: FakeRegistry;
}

export async function startHeldRegistry(): Promise<HeldRegistry> {
  const server: Server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "").slice(1);
    if (request.method === "OPTIONS") response.writeHead(204, PREFLIGHT).end();
    else registry.serve(path, request, response);
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const registry = new FakeRegistry(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    registry,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => void server.close(done));
    },
  };
}
