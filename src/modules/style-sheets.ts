import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import type { GraphBudget } from "./graph-budget.ts";
import type { ModuleSource } from "./module-source.ts";
import type { ParsedImport } from "./parsed-module.ts";
import { applyEdits, type TextEdit } from "./text-edits.ts";

/** The levels of `@import` in style sheets. */
const MAX_LEVELS = 200;
/** The characters of one style sheet with its imports. */
const MAX_CHARS = 1 << 25;

interface StylePorts {
  readonly budget: GraphBudget;
  addressOf(source: ModuleSource): string;
}

/**
 * Puts the imports of style sheets into their text, because a page's `<style>` cannot import files of the project.
 *
 * - `@import "./a.css" layer(x) supports(…) print` becomes the text of a.css in the same conditions.
 * - `@import` of a URL stays, and moves to the top, as CSS demands.
 * - `url(./a.svg)` becomes the asset's address.
 * - A style sheet that imports itself, directly or not, is left out there, as in browsers.
 */
export class StyleSheets {
  readonly #sources: ReadonlyMap<string, ModuleSource>;
  readonly #ports: StylePorts;

  constructor(sources: ReadonlyMap<string, ModuleSource>, ports: StylePorts) {
    this.#sources = sources;
    this.#ports = ports;
  }

  /** @throws InstallError ELIMIT */
  textOf(id: string): string {
    const external = new Set<string>();
    const text = this.#textOf(id, { external, around: [], chars: { left: MAX_CHARS } });
    return [...external, text].join("\n");
  }

  #textOf(id: string, state: { external: Set<string>; around: readonly string[]; chars: { left: number } }): string {
    const source = this.#sources.get(id);
    const { around, chars, external } = state;
    if (source?.parsed.format !== "css" || around.includes(id)) return "";
    const { parsed, targets } = source;
    chars.left -= parsed.code.length;
    this.#ports.budget.count(1 + parsed.code.length / 64);
    if (around.length > MAX_LEVELS || chars.left < 0)
      throw new InstallError(
        overLimit(
          `${around[0] ?? id} has more than ${MAX_CHARS} characters or ${MAX_LEVELS} levels with its imports. Import fewer style sheets.`,
        ),
      );
    const edits = parsed.imports.flatMap((one, index): TextEdit[] => {
      const target = targets[index];
      const { start, end } = one;
      if (one.form === "style" && target?.kind === "external") {
        external.add(parsed.code.slice(start, end).replace(/;?$/, ";"));
        return [{ start, end, text: "" }];
      }
      if (target?.kind !== "module") return [];
      if (one.form === "style-url") return this.#address(one, target.id);
      if (one.form !== "style") return [];
      const text = this.#textOf(target.id, { external, chars, around: [...around, id] });
      return [{ start, end, text: qualified(text, one.qualifier) }];
    });
    return applyEdits(parsed.code, edits);
  }

  #address({ start, end, specifier }: ParsedImport, id: string): TextEdit[] {
    const source = this.#sources.get(id);
    if (source?.parsed.format !== "asset") return [];
    const hash = specifier.indexOf("#");
    const fragment = hash < 0 ? "" : specifier.slice(hash);
    return [{ start, end, text: `url(${JSON.stringify(this.#ports.addressOf(source) + fragment)})` }];
  }
}

/** Puts a style sheet into the conditions of its import: `layer(a) supports(b) print`. */
function qualified(text: string, qualifier = ""): string {
  const layer = /^layer(?:\(([^()]*)\))?(?![\w-])\s*/i.exec(qualifier);
  const afterLayer = qualifier.slice(layer?.[0].length ?? 0);
  const supports = /^supports\(/i.test(afterLayer) ? afterLayer.slice(0, closing(afterLayer, 8)) : "";
  const media = afterLayer.slice(supports.length).trim();
  let out = text;
  if (media) out = `@media ${media} {\n${out}\n}`;
  if (supports) {
    const condition = supports.slice(9, -1);
    out = `@supports ${/^\s*[\w-]+\s*:/.test(condition) ? `(${condition})` : condition} {\n${out}\n}`;
  }
  return layer ? `@layer ${layer[1] ?? ""} {\n${out}\n}` : out;
}

/** Returns the position behind the parenthesis that closes the one at `open`. */
function closing(text: string, open: number): number {
  let level = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "(") level++;
    else if (text[at] === ")" && --level === 0) return at + 1;
  }
  return text.length;
}
