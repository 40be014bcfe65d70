#!/usr/bin/env node
// Keeps one page open for many edits and installs, weighs its memory and counts what it holds. See --help.
import { launch } from "./harness/launch.mjs";

await launch("test/bench/soak.ts");
