export { decodeTree, encodeTree } from "../../src/answer/tree-bytes.ts";
export { treeData } from "../../src/answer/tree-data.ts";
export { viewTree } from "../../src/answer/tree-view.ts";
export { why } from "../../src/answer/why.ts";
export { EngineRun } from "./engine-run.ts";
