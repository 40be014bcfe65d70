import type { Target } from "./target.ts";
import { flat } from "./targets/flat.ts";
import { importMap } from "./targets/import-map.ts";
import { install } from "./targets/install.ts";
import { lock, yarn } from "./targets/lock.ts";
import { modules, script } from "./targets/modules.ts";
import { npmrc } from "./targets/npmrc.ts";
import { options } from "./targets/options.ts";
import { packument } from "./targets/packument.ts";
import { document, lockText, manifest, spec, yarnText } from "./targets/parsers.ts";
import { project } from "./targets/project.ts";
import { stored } from "./targets/records.ts";
import { tarball } from "./targets/tarball.ts";

/** The fuzzers of single parsers. */
export const parserTargets: readonly Target[] = [
  ...[document, manifest, spec, lockText, yarnText],
  ...[npmrc, tarball, modules, script, stored],
];

/** The fuzzers of whole resolutions and installs. */
export const runTargets: readonly Target[] = [packument, project, lock, yarn, flat, install, importMap, options];

export const targets: readonly Target[] = [...parserTargets, ...runTargets];
