import { expect, test, vi } from "vitest";
import { createNet } from "../../workers/net/net.ts";

vi.mock("../../workers/net/tokens.ts", () => {
  throw new Error("the server has a newer version of this file");
});

const REGISTRY = "http://registry.local/";

test("without the code of credentials no request is sent without them, and nothing is stored", async () => {
  const fetch = vi.fn<typeof globalThis.fetch>(async () => new Response("{}"));
  const net = createNet({ registry: REGISTRY, token: () => "secret", fetch });
  expect(await net.namespace(REGISTRY, "full")).toBe(null);
  const outcome = await net.get({ kind: "packument", name: "a", url: `${REGISTRY}a`, metadata: "full" });
  expect(outcome).toMatchObject({ ok: false, failure: { code: "ENEEDAUTH" } });
  expect(fetch).not.toHaveBeenCalled();
});
