import { createRequire } from "node:module";

/** npm's own version picker. It changes the manifest that it returns. */
export const npmPick: (packument: object, wanted: string, options: object) => unknown = createRequire(import.meta.url)(
  "npm-pick-manifest",
);
