import type { InstallOptions } from "../../src/api/install.ts";
import { invalidOption } from "../../src/errors/invalid-option.ts";
import { UNPACK_LIMITS } from "../../src/tarball/unpack-limits.ts";
import { checkOptionName } from "./option-name.ts";

/** All options of `install`. The compiler demands an entry for each. */
const NAMES: Readonly<Record<keyof InstallOptions, 1>> = {
  sink: 1,
  trustSink: 1,
  omit: 1,
  platform: 1,
  substitutes: 1,
  resolve: 1,
  files: 1,
  limits: 1,
  verifyStored: 1,
  ignorePatchFailures: 1,
  afterExtract: 1,
  afterExtractTimeout: 1,
  sinkTimeout: 1,
  signal: 1,
  onProgress: 1,
};

const OMITTED = ["dev", "optional", "peer"];

/** Checks the options of `install`. @throws InstallError EINVALIDOPTION that names the option and its valid values */
export function checkInstallOptions(options: InstallOptions): void {
  for (const name of Object.keys(options)) checkOptionName(name, Object.keys(NAMES));
  const demand = (good: boolean, name: string, what: string): void => {
    if (!good) throw invalidOption(`options.${name} must be ${what}.`);
  };
  const is = (name: keyof InstallOptions, type: string): void =>
    demand(["undefined", type].includes(typeof options[name]), name, `a ${type}`);
  const { sink, omit, platform, limits } = options;
  is("afterExtract", "function");
  is("onProgress", "function");
  is("verifyStored", "boolean");
  is("trustSink", "boolean");
  is("ignorePatchFailures", "boolean");
  demand(
    sink === undefined || sink instanceof Map || typeof sink?.open === "function",
    "sink",
    "a Map, or a sink with a method `open`",
  );
  const omitted = omit === undefined || (Array.isArray(omit) && omit.every((each) => OMITTED.includes(each)));
  demand(omitted, "omit", 'a list of "dev", "optional" and "peer"');
  const object = (value: unknown): boolean => value === undefined || (typeof value === "object" && value !== null);
  demand(platform === "wasm" || object(platform), "platform", '"wasm" or an object');
  const names = platform === "wasm" ? [] : Object.values(platform ?? {});
  demand(
    names.every((name) => name === undefined || typeof name === "string"),
    "platform",
    "an object of names",
  );
  demand(
    typeof options.substitutes === "boolean" || object(options.substitutes),
    "substitutes",
    "a boolean or a table",
  );
  demand(object(options.resolve), "resolve", "an object");
  demand(object(options.files), "files", "an object of files");
  for (const name of ["afterExtractTimeout", "sinkTimeout"] as const) {
    const { [name]: value = 1 } = options;
    demand(typeof value === "number" && value > 0, name, "a positive number");
  }
  demand(object(limits), "limits", "an object");
  for (const [name, value] of Object.entries(limits ?? {})) {
    if (!(name in UNPACK_LIMITS))
      throw invalidOption(
        `Unknown option: options.limits.${name}. The limits are ${Object.keys(UNPACK_LIMITS).join(", ")}.`,
      );
    demand(typeof value === "number" && value > 0, `limits.${name}`, "a positive number");
  }
}
