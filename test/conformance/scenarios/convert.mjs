#!/usr/bin/env node
// Converts published scenarios to this folder's form where that is mechanical, and lists the differences from the files here.
//
//   node test/conformance/scenarios/convert.mjs uv  CHECKOUT/test/scenarios/prereleases/*.toml        prints the cases as JSON
//   node test/conformance/scenarios/convert.mjs pub CHECKOUT/test/version_solver_test.dart
//   node test/conformance/scenarios/convert.mjs --check uv|pub FILES…                                 compares with the JSON files here
//
// A converted case has no title. README.md lists the cases that were left out and those that were changed by hand.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { calls, dartTests } from "./dart.mjs";
import { LeftOut, npmDependencies, npmVersion } from "./pep440.mjs";
import { readToml } from "./toml.mjs";

/** Converts a scenario file of uv. @returns a case, or `{ case, leftOut: reason }` */
export function fromToml(text) {
  const { name, root = {}, packages = {}, expected = {}, resolver_options: options = {} } = readToml(text);
  return orLeftOut(name, () => {
    if (root.requires_python || options.python) throw new LeftOut("npm has no Python");
    const registry = {};
    for (const [packageName, { versions = {} }] of Object.entries(packages)) {
      for (const [version, fields] of Object.entries(versions)) {
        registry[`${packageName}@${npmVersion(version)}`] = manifest(fields);
      }
    }
    const versions = mapValues(expected.packages ?? {}, npmVersion);
    const modes = { lowest: "lowest", "lowest-direct": "lowest-direct" };
    const mode = modes[options.resolution];
    return {
      case: name,
      registry,
      root: { dependencies: npmDependencies(root.requires) },
      ...(mode && { options: { resolutionMode: mode } }),
      expect: expected.satisfiable ? { versions } : { failure: "ENOSOLUTION" },
    };
  });
}

function manifest(fields) {
  for (const key of ["extras", "wheel_tags", "wheel", "sdist"]) {
    if (key in fields) throw new LeftOut(`npm has no ${key.split("_")[0]}`);
  }
  if ((fields.requires_python ?? ">=0") !== ">=0") throw new LeftOut("npm has no Python");
  const dependencies = npmDependencies(fields.requires);
  return fields.yanked ? { dependencies, deprecated: "withdrawn" } : dependencies;
}

/** Converts a file of pub's tests. @returns a case for each test, or `{ case, leftOut: reason }` */
export function fromDart(text) {
  return dartTests(text).map(({ name, tokens }) => orLeftOut(name, () => dartCase(name, tokens)));
}

function dartCase(name, tokens) {
  for (const word of ["for", "environment", "features", "git", "path", "hosted", "bad", "sdk"]) {
    if (tokens.includes(word) || tokens.includes(`'${word}'`)) throw new LeftOut(`convert by hand: it uses ${word}`);
  }
  const registry = {};
  for (const { texts, named } of calls(tokens, ["serve"])) {
    const { deps = {}, pubspec = {} } = named;
    const dev = pubspec.dev_dependencies;
    const dependencies = specs(deps);
    registry[`${texts[0]}@${texts[1]}`] = dev ? { dependencies, devDependencies: specs(dev) } : dependencies;
  }
  const steps = [];
  let root = {};
  for (const { called, texts, named } of calls(tokens, ["appDir", "pubspec", "expectResolves"])) {
    if (called === "appDir") root = rootOf({ dependencies: named.dependencies ?? {} });
    else if (called === "pubspec") root = rootOf(texts[0] ?? {});
    else steps.push({ root, named });
  }
  const last = steps.pop();
  if (!last || steps.length > 1) throw new LeftOut("convert by hand: it does not have one or two resolutions");
  const [first] = steps;
  return {
    case: name,
    registry,
    ...(first && { first: { root: first.root, versions: { ...first.named.result } } }),
    root: last.root,
    ...(last.named.downgrade && { options: { resolutionMode: "lowest" } }),
    expect: "error" in last.named ? { failure: "ENOSOLUTION" } : { versions: { ...last.named.result } },
  };
}

function rootOf({ dependencies, dev_dependencies: dev, dependency_overrides: overrides }) {
  return {
    ...(dependencies && Object.keys(dependencies).length > 0 && { dependencies: specs(dependencies) }),
    ...(dev && { devDependencies: specs(dev) }),
    ...(overrides && { overrides: specs(overrides) }),
  };
}

function specs(map) {
  return mapValues(map, (spec) => {
    if (typeof spec !== "string") throw new LeftOut("npm has no equivalent source of packages");
    return spec === "any" ? "*" : spec;
  });
}

function mapValues(map, change) {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

function orLeftOut(name, convert) {
  try {
    return convert();
  } catch (error) {
    if (error instanceof LeftOut) return { case: name, leftOut: error.message };
    throw error;
  }
}

/** Returns the converted cases that are missing or different in `ours`. Cases with a `changed` are not compared. */
export function differences(converted, ours) {
  return converted.flatMap((one) => {
    const matches = ours.filter((other) => other.case === one.case);
    if (matches.length === 0) return one.leftOut ? [] : [`${one.case}: missing`];
    if (one.leftOut || matches.some((other) => shapeOf(other) === shapeOf(one))) return [];
    return matches.every((other) => other.changed) ? [] : [`${one.case}: different`];
  });
}

/** Returns the comparable part of a case: everything but its title, comments, names and options. */
function shapeOf({ registry, first, root, expect }) {
  const { names: _names, ...outcome } = expect;
  return JSON.stringify(sorted({ registry, first, root, outcome }));
}

function sorted(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  const texts = entries.map(([key, one]) => [key, key === "deprecated" ? true : sorted(one)]);
  return Object.fromEntries(texts.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function oursOf(source) {
  const folder = join(import.meta.dirname, source);
  return readdirSync(folder).flatMap((name) => JSON.parse(readFileSync(join(folder, name), "utf8")).cases);
}

function main(given) {
  const isCheck = given[0] === "--check";
  const [source, ...files] = isCheck ? given.slice(1) : given;
  const convert = { uv: (text) => [fromToml(text)], pub: fromDart }[source];
  if (!convert || files.length === 0) throw new Error(`node ${basename(process.argv[1])} [--check] uv|pub FILES…`);
  const converted = files.flatMap((file) => convert(readFileSync(file, "utf8")));
  const lines = isCheck ? differences(converted, oursOf(source)) : [JSON.stringify(converted, null, 2)];
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
