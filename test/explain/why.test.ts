import { expect, test } from "vitest";
import type { TreeEdge, TreeNode, WhyAnswer } from "../../src/api/resolve.ts";
import { explainWhy } from "../../src/explain/why.ts";

const edge = (type: string, name: string, spec: string): TreeEdge =>
  ({ type, name, spec, error: null }) as unknown as TreeEdge;
const node = (packageName: string, version: string, location: string): TreeNode =>
  ({ packageName, version, location }) as unknown as TreeNode;

test("prints one chain per line with types and errors, and counts the rest", () => {
  const answers: WhyAnswer[] = [
    {
      node: node("ms", "2.0.0", "node_modules/ms"),
      paths: [
        { edges: [{ ...edge("dev", "ms", "^1"), error: "INVALID" }] },
        { edges: [edge("workspace", "w", "file:w"), edge("prod", "debug", "2.6.9"), edge("peer", "ms", "2.0.0")] },
        { edges: [edge("prod", "ms", "*")] },
      ],
    },
    { node: node("left", "1.0.0", "node_modules/left"), paths: [] },
  ];
  expect(explainWhy(answers, 2)).toBe(`ms@2.0.0  node_modules/ms
  the root project › dev ms@"^1" (invalid)
  the root project › workspace w › debug@"2.6.9" › peer ms@"2.0.0"
  and 1 more

left@1.0.0  node_modules/left
  nothing requires it`);
});
