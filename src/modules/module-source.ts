import type { ModulePackage, ModuleProblem } from "../api/modules.ts";
import type { ParsedModule } from "./parsed-module.ts";

/** Where an import leads. */
export type ImportTarget =
  | { readonly kind: "module"; readonly id: string; readonly warning?: ModuleProblem }
  /** A URL that the page loads itself. */
  | { readonly kind: "external" }
  /** The import stays as it is: an address that no file of the project has. */
  | { readonly kind: "untouched" }
  /** It fails when the code runs. */
  | { readonly kind: "missing"; readonly problem: ModuleProblem };

/** A file that became a module. */
export interface ModuleSource {
  readonly id: string;
  readonly path: string;
  readonly isOwn: boolean;
  readonly package: ModulePackage | null;
  /** True if `import` of CommonJS gives `module.exports` as the default export: in `.mjs` files and packages of `"type": "module"`. */
  readonly isNodeImporter: boolean;
  readonly parsed: ParsedModule;
  /** One for each import of `parsed`. */
  readonly targets: readonly ImportTarget[];
  /** Problems of the file itself, and of imports without which it cannot run. */
  readonly errors: readonly ModuleProblem[];
  readonly warnings: readonly ModuleProblem[];
}
