import type { Failure } from "../../../src/api/failure.ts";
import type { Proof } from "../../../src/api/flat.ts";
import { proofLines } from "../../../src/explain/proof.ts";
import { h } from "../elements/dom.ts";

/** The proof that a failure carries: why there is no flat answer. */
export function proofOf(failure: Failure): Proof | undefined {
  const proof = failure.details?.["proof"] as Partial<Proof> | undefined;
  return proof && Array.isArray(proof.facts) && Array.isArray(proof.steps) ? (proof as Proof) : undefined;
}

/** What the project itself asks for and a proof rests on: installed names. */
export function namesInProject({ facts }: Proof): string[] {
  return facts.filter(({ from }) => from === "").map(({ name }) => name);
}

/** The steps of a proof, the end last. `about` gives what a click on a package does; undefined where it does nothing. */
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

function packageLink(part: { package: string; versions?: string }, act: (() => void) | undefined): HTMLElement {
  const { package: name, versions } = part;
  const text = [name, versions === undefined ? null : h("span", { class: "spec" }, `@${versions}`)];
  if (!act) return h("strong", {}, ...text);
  return h("button", { type: "button", class: "link", "data-package": name, onclick: act }, ...text);
}
