export { decodeTree, encodeTree } from "../../src/ideal/tree-bytes.ts";
export { treeData } from "../../src/ideal/tree-data.ts";
export { viewTree } from "../../src/ideal/view.ts";
export { why } from "../../src/ideal/why.ts";
export { EngineRun } from "./engine-run.ts";
