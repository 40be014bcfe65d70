// What `scripts/conformance.mjs --mode …` loads, bundled.
export { openCases } from "../../conformance/cases.ts";
export { ModesHarness } from "./harness.ts";
