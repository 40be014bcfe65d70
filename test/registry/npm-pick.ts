import { createRequire } from "node:module";

/** npm's own picker; it changes the manifest it gives. */
export const npmPick: (packument: object, wanted: string, options: object) => unknown = createRequire(import.meta.url)(
  "npm-pick-manifest",
);
