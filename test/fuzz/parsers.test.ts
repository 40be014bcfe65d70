// Full tier: tries thousands of inputs of every parser, which takes about a minute.
import { test } from "vitest";
import { parserTargets } from "./targets.ts";
import { tryTarget } from "./try-target.ts";

test.each(parserTargets)("$name ends with an answer or a coded failure", tryTarget, 300_000);
