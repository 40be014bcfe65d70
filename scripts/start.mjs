import { ensureInstalled, exit, ROOT } from "./setup.mjs";

ensureInstalled();
const [{ build }, { createRelay }, { readNpmConfig }, { serveFolder }, { join }] = await Promise.all([
  import("vite"),
  import("./relay.mjs"),
  import("./npm-config.mjs"),
  import("./serve.mjs"),
  import("node:path"),
]);

await build({ configFile: join(ROOT, "vite.config.ts"), logLevel: "warn" }).catch((error) =>
  exit(`The page cannot be built: ${error.message}`),
);
const config = readNpmConfig(ROOT);
const site = serveFolder(join(ROOT, ".build/site"));
const relay = createRelay(config);

/** The port that PORT names; without it, port 4180 or any free port. */
const asked = process.env["PORT"];
for (const port of asked ? [Number(asked)] : [4180, 0]) {
  try {
    const address = await site.listen(port, relay.handle);
    console.log(`webhoist: ${address}\nRelay to ${config.registry} at ${address}-/relay/`);
    break;
  } catch (error) {
    if (asked || port === 0) exit(`Cannot listen on port ${port}: ${/** @type {Error} */ (error).message}`);
  }
}
