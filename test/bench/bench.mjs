#!/usr/bin/env node
// Measures resolutions and installs in headless Chromium. See --help.
import { launch } from "./harness/launch.mjs";

await launch("test/bench/bench.ts");
