// The entry that `scripts/conformance.mjs --mode …` bundles and loads.
export { openCases } from "../../conformance/cases.ts";
export { ModesHarness } from "./harness.ts";
