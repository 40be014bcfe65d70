import { mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureVerdaccio } from "./ensure-verdaccio.ts";

/** The function of Verdaccio that makes a server from a configuration. */
type RunServer = (config: object) => Promise<Server>;

const PASSWORDS = { alice: "wonderland-1", bob: "builder-1" };
export type User = keyof typeof PASSWORDS;

/**
 * A Verdaccio on loopback. It has no uplinks: it asks no other registry. Alice reads and publishes `@private/*`, which bob may not read.
 * Everybody reads the rest.
 */
export class PrivateRegistry implements AsyncDisposable {
  /** Base URL. */
  readonly url: string;
  /** Where Verdaccio keeps its packages: `@private/a/a-1.0.0.tgz`. */
  readonly storage: string;
  /** The bearer tokens that Verdaccio gave when the users logged in. */
  readonly tokens: Record<User, string> = { alice: "", bob: "" };
  readonly #server: Server;
  readonly #home: string;

  private constructor(server: Server, home: string) {
    this.#server = server;
    this.#home = home;
    this.storage = join(home, "storage");
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  static async start(): Promise<PrivateRegistry> {
    const folder = await ensureVerdaccio();
    const { runServer } = createRequire(join(folder, "package.json"))("verdaccio") as { runServer: RunServer };
    const home = await mkdtemp(join(tmpdir(), "webhoist-verdaccio-"));
    const server = await runServer({
      configPath: join(home, "config.yaml"),
      self_path: join(home, "config.yaml"),
      storage: join(home, "storage"),
      auth: { htpasswd: { file: join(home, "htpasswd"), max_users: 2 } },
      uplinks: {},
      packages: {
        "@private/*": { access: "alice", publish: "alice" },
        "**": { access: "$all", publish: "alice" },
      },
      log: { type: "stdout", level: "fatal" },
      web: { enable: false },
    });
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
    const registry = new PrivateRegistry(server, home);
    for (const user of Object.keys(PASSWORDS) as User[]) registry.tokens[user] = await registry.#logIn(user);
    return registry;
  }

  /** The address as keys of `.npmrc` have it: `//127.0.0.1:4873/`. */
  get key(): string {
    return this.url.slice("http:".length);
  }

  /** The text of npm's `_auth`, and of `username` and `_password`. */
  basic(user: User): { auth: string; password: string } {
    return { auth: btoa(`${user}:${PASSWORDS[user]}`), password: btoa(PASSWORDS[user]) };
  }

  /** Creates a user as `npm login --auth-type=legacy` does. Returns its token. */
  async #logIn(name: User): Promise<string> {
    const response = await fetch(`${this.url}-/user/org.couchdb.user:${name}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name, password: PASSWORDS[name] }),
    });
    const { token } = (await response.json()) as { token?: string };
    if (!token) throw new Error(`Verdaccio did not log in ${name}: ${response.status}`);
    return token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => void this.#server.close(done));
    await rm(this.#home, { recursive: true, force: true });
  }
}
