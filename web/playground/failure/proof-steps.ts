import type { Failure } from "../../../src/api/failure.ts";
import type { Proof } from "../../../src/api/flat.ts";
import { shortenText } from "../../../src/errors/failure.ts";
import { proofLines } from "../../../src/explain/proof.ts";
import { h } from "../elements/dom.ts";

/** Returns the proof that a failure carries: why no flat tree exists. Undefined for other failures. */
export function proofOf(failure: Failure): Proof | undefined {
  const proof = failure.details?.["proof"] as Partial<Proof> | undefined;
  return proof && Array.isArray(proof.facts) && Array.isArray(proof.steps) ? (proof as Proof) : undefined;
}

/** Returns the installed names of the project's own dependencies that the proof uses. */
export function namesInProject({ facts }: Proof): string[] {
  return facts.filter(({ from }) => from === "").map(({ name }) => name);
}

/** Returns the steps of a proof as a list, the conclusion last. `about` returns the click handler of a package, if it has one. */
export function proofSteps(proof: Proof, about: (name: string) => (() => void) | undefined): HTMLElement {
  const items = proofLines(proof).map(({ number, parts }) =>
    h(
      "li",
      {},
      number === undefined ? null : h("span", { class: "proof-number" }, `(${number})`, " "),
      ...parts.map((part) => (typeof part === "string" ? part : packageLink(part, about(part.package)))),
    ),
  );
  return h("ol", { class: "proof" }, ...items);
}

function packageLink(part: { package: string; versions?: string }, press: (() => void) | undefined): HTMLElement {
  const { package: name, versions } = part;
  const text = [name, versions === undefined ? null : h("span", { class: "spec" }, `@${shortenText(versions)}`)];
  if (!press) return h("strong", {}, ...text);
  return h("button", { type: "button", class: "link", "data-package": name, onclick: press }, ...text);
}
