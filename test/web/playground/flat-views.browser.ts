import { expect, onTestFinished, test, vi } from "vitest";
import type { WayOut } from "../../../src/api/failure.ts";
import type { ImportMap, ImportMapOptions, Proof, ProofFact } from "../../../src/api/flat.ts";
import type { InstalledProject } from "../../../src/api/install.ts";
import { runToEnd } from "../../../src/base/run-to-end.ts";
import { failure, InstallError } from "../../../src/errors/failure.ts";
import { sentenceSteps } from "../../../src/explain/proof-sentence.ts";
import { failureView } from "../../../web/playground/failure/failure-view.ts";
import { problemCard } from "../../../web/playground/failure/problem-card.ts";
import { ImportMapView } from "../../../web/playground/result/import-map-view.ts";
import { resolutionOf } from "./lock-resolution.ts";

const common = { kind: "dependency", type: "prod" } as const;
const asks = (from: string, name: string, spec: string): ProofFact => {
  return { ...common, from, versions: from && "0.12.3", name, spec, rawSpec: spec };
};

const PROOF: Proof = {
  facts: [asks("", "d3-array", "^3.2.4"), asks("", "d3-sankey", "^0.12.3"), asks("d3-sankey", "d3-array", "1 - 2")],
  steps: [
    {
      terms: [{ package: "d3-sankey", versions: "0.12.3", positive: true }],
      because: [{ fact: 0 }, { fact: 2 }],
    },
    { terms: [], because: [{ step: 0 }, { fact: 1 }] },
  ],
};

const WAYS: WayOut[] = [
  { kind: "override", text: "Override it.", overrides: { "d3-sankey": { "d3-array": "^3.2.4" } } },
  { kind: "option", option: "relax: copies", text: "Take copies." },
];

const LOCK = JSON.stringify({
  packages: {
    "": { dependencies: { "d3-array": "^3.2.4" } },
    "node_modules/d3-array": { version: "3.2.4" },
  },
});

function put(...elements: HTMLElement[]): void {
  document.body.replaceChildren(...elements);
}

function button(text: string, within: ParentNode = document): HTMLButtonElement {
  const found = [...within.querySelectorAll("button")].find((one) => one.textContent === text);
  if (!found) throw new Error(`no button “${text}”`);
  return found;
}

test("the card of a flat conflict shows the first sentence of the proof once", () => {
  const problem = failure("ENOSOLUTION", "No flat tree exists.", { details: { proof: PROOF } });
  const full = runToEnd(sentenceSteps(problem));
  expect(full.message.length).toBeGreaterThan(problem.message.length);
  put(problemCard(full, "failure", { canApply: () => false, apply: () => {} }));
  expect(document.querySelector(".card .message")?.textContent).toBe("No flat tree exists.");
  expect(document.querySelectorAll(".card .proof li").length).toBeGreaterThan(0);
});

test("a flat conflict lists its proof; each package in it shows its versions, its line and its place in the previous tree", async () => {
  const marked: string[] = [];
  const applied: WayOut[] = [];
  const shown = vi.fn();
  const problem = failure("ENOSOLUTION", "There is no flat answer.", { details: { proof: PROOF }, wayOut: WAYS });
  const view = failureView(problem, 12, {
    canApply: () => true,
    apply: (way) => applied.push(way),
    action: "resolve",
    versions: async (name) => ({ name, versions: ["3.2.4", "2.12.1", "2.0.0"], distTags: { latest: "3.2.4" } }),
    mark: (name) => {
      marked.push(name);
      return name === "d3-array" ? shown : undefined;
    },
    last: resolutionOf(LOCK),
  });
  onTestFinished(view.dispose);
  put(...view.elements);
  const steps = [...document.querySelectorAll(".proof li")].map((step) => step.textContent ?? "");
  expect(steps.length).toBeGreaterThan(0);
  expect(steps.join(" ")).toContain("d3-array@1 - 2");
  const link = document.querySelector<HTMLButtonElement>(".proof [data-package=d3-array]")!;
  link.focus();
  link.click();
  const card = document.querySelector<HTMLElement>("[aria-label='About d3-array']")!;
  expect(document.activeElement).toBe(card);
  expect(marked).toEqual(["d3-array"]);
  await expect.poll(() => card.querySelector("[aria-busy]")).toBe(null);
  const requirements = [...card.querySelectorAll(".requirements li")].map((item) => item.textContent);
  expect(requirements).toEqual([
    "^3.2.4 matches only 3.2.4required by the project",
    "1 - 2 matches 2 versions, up to 2.12.1required by d3-sankey 0.12.3",
  ]);
  expect([...card.querySelectorAll(".version-chips li")].map((chip) => chip.textContent)).toEqual([
    "3.2.4latest",
    "2.12.1",
    "2.0.0",
  ]);
  button("Show in package.json", card).click();
  expect(shown).toHaveBeenCalledOnce();
  button("Show in the previous tree", card).click();
  expect(document.querySelector("#tab-tree")?.getAttribute("aria-selected")).toBe("true");
  expect(document.querySelector("#panel-tree [aria-selected=true]")?.textContent).toContain("d3-array");
  document.querySelector<HTMLElement>("#tab-failure")?.click();
  card.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  expect(document.activeElement).toBe(link);
  expect(document.querySelector("#panel-failure .details")).toBe(null);
  for (const apply of document.querySelectorAll<HTMLElement>(".apply")) apply.click();
  expect(applied).toEqual(WAYS);
});

test("a package whose versions cannot be loaded shows the error; an alias is looked up by its real name", async () => {
  const asked: string[] = [];
  const alias = { ...asks("", "arrays", "npm:@scope/real@^1.0.0") };
  const problem = failure("ENOSOLUTION", "No.", { details: { proof: { facts: [alias], steps: [] } } });
  const view = failureView(problem, 12, {
    canApply: () => false,
    apply: () => {},
    action: "resolve",
    versions: (name) => {
      asked.push(name);
      return Promise.reject(new InstallError(failure("E404", "There is none.")));
    },
    mark: () => undefined,
    last: undefined,
  });
  put(...view.elements);
  document.querySelector<HTMLElement>("[data-package=arrays]")?.click();
  await expect.poll(() => document.querySelector(".details .notice")?.textContent).toBe("There is none.");
  expect(asked).toEqual(["@scope/real"]);
});

interface Asked {
  options: ImportMapOptions;
  answer: (map: ImportMap) => void;
  fail: (error: unknown) => void;
}

function importMapView(project?: InstalledProject): Asked[] {
  const asked: Asked[] = [];
  const importMap = (options: ImportMapOptions = {}): Promise<ImportMap> =>
    new Promise((answer, fail) => asked.push({ options, answer, fail }));
  const host = { canApply: () => false, apply: () => {} };
  const view = new ImportMapView({
    resolution: { ...resolutionOf(LOCK), importMap },
    project,
    problem: (problem) => problemCard(problem, "failure", host),
  });
  onTestFinished(() => view.dispose());
  put(view.element);
  view.open();
  view.open();
  return asked;
}

function choose(provider: string): void {
  const select = document.querySelector("select")!;
  select.value = provider;
  select.dispatchEvent(new Event("change"));
}

const drawn = (): string => [...document.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n");

test("an import map is shown as JSON or as a script tag that no package name can end", async () => {
  const asked = importMapView();
  expect(asked.map(({ options }) => options)).toEqual([{ provider: "esm.sh" }]);
  choose("jspm");
  expect(asked[1]?.options).toEqual({ provider: "jspm" });
  const late: ImportMap = { imports: { late: "https://cdn.example/late" } };
  const map: ImportMap = { imports: { "</script>": "https://cdn.example/a" }, scopes: { "https://cdn.example/": {} } };
  asked[1]?.answer(map);
  await expect.poll(drawn).toContain("cdn.example/a");
  asked[0]?.answer(late);
  await new Promise((done) => setTimeout(done));
  expect(JSON.parse(drawn())).toEqual(map);
  expect(document.querySelector("[role=status]")?.textContent).toMatch(/^1 import, 1 scope, \d+ B$/);
  document.querySelector<HTMLInputElement>("[type=checkbox]")?.click();
  const tag = new DOMParser().parseFromString(drawn(), "text/html").querySelector("script")!;
  expect(tag.type).toBe("importmap");
  expect(JSON.parse(tag.textContent ?? "")).toEqual(map);
});

test("a failed import map is shown as a card; installed files have a base URL", async () => {
  const project = { stored: true } as unknown as InstalledProject;
  const asked = importMapView(project);
  expect(asked[0]?.options).toEqual({ provider: project, base: "/" });
  const base = document.querySelector<HTMLInputElement>("input[type=text]")!;
  expect(base.closest("label")?.hidden).toBe(false);
  base.value = "/app/";
  base.dispatchEvent(new Event("change"));
  expect(asked[1]?.options).toEqual({ provider: project, base: "/app/" });
  const wayOut = ["provider", "onWarning"].map((option) => ({
    kind: "option" as const,
    option,
    text: `Set ${option}.`,
  }));
  asked[1]?.fail(new InstallError(failure("EIMPORTMAP", "a has no module for a page.", { wayOut })));
  await expect.poll(() => document.querySelector(".card .message")?.textContent).toBe("a has no module for a page.");
  expect(document.querySelector(".card")?.textContent).toContain("Set provider.");
  expect(document.querySelector(".card")?.textContent).not.toContain("onWarning");
  expect(button("Copy").disabled).toBe(true);
  choose("unpkg");
  expect(base.closest("label")?.hidden).toBe(true);
  asked[2]?.answer({ imports: { a: "https://cdn.example/a" } });
  await expect.poll(drawn).toContain("cdn.example/a");
  expect(button("Copy").disabled).toBe(false);
});
