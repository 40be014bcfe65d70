// Full tier: tries hundreds of changed projects with whole resolutions and installs, which takes about a minute.
import { test } from "vitest";
import { runTargets } from "./targets.ts";
import { tryTarget } from "./try-target.ts";

test.each(runTargets)("$name ends with an answer or a coded failure", tryTarget, 300_000);
