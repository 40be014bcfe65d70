import { ensureInstalled, exit, ROOT } from "./setup.mjs";

/** The port that PORT names; without it, port 4180 or any free port. */
const asked = process.env["PORT"];
if (asked && !/^\d{1,5}$/.test(asked)) exit(`PORT must be the number of a port, such as 4180, not ${asked}.`);
ensureInstalled();
const [{ build }, { createRelay }, { readNpmConfig }, { serveFolder }, { join }] = await Promise.all([
  import("vite"),
  import("./relay.mjs"),
  import("./npm-config.mjs"),
  import("./serve.mjs"),
  import("node:path"),
]);

console.log("Building the page …");
await build({ configFile: join(ROOT, "vite.config.ts"), logLevel: "warn" }).catch((error) =>
  exit(`The page cannot be built: ${error.message}`),
);
const config = readNpmConfig(ROOT);
const site = serveFolder(join(ROOT, ".build/site"));
const relay = createRelay(config);

for (const port of asked ? [Number(asked)] : [4180, 0]) {
  try {
    const address = await site.listen(port, relay.handle);
    console.log(`Open ${address} in a browser. Press Ctrl+C here to end the server.`);
    console.log(`If the page cannot reach ${config.registry}, it asks the relay ${address}-/relay/ instead.`);
    break;
  } catch (error) {
    if (asked || port === 0) exit(`Cannot listen on port ${port}: ${/** @type {Error} */ (error).message}`);
  }
}
