import type { PageSettings } from "../settings/page-settings.ts";

/** An example project. */
export interface Example {
  id: string;
  title: string;
  note: string;
  files: Readonly<Record<string, string>>;
  /** Settings that the example needs. */
  settings?: Partial<PageSettings>;
}

type Groups = Readonly<Record<string, unknown>>;

function manifest(name: string, more: Groups): string {
  return `${JSON.stringify({ name, version: "1.0.0", private: true, ...more }, null, 2)}\n`;
}

const docsDemo = manifest("docs-demo", {
  dependencies: {
    d3: "^7.9.0",
    three: "^0.170.0",
    "lodash-es": "^4.17.21",
    rxjs: "^7.8.1",
    "@observablehq/plot": "^0.6.16",
    preact: "^10.24.0",
    htm: "^3.1.1",
    mermaid: "^11.4.0",
  },
});

const react = manifest("vite-react-ts", {
  dependencies: { react: "^18.3.1", "react-dom": "^18.3.1" },
  devDependencies: {
    "@eslint/js": "^9.15.0",
    "@types/react": "^18.3.12",
    "@types/react-dom": "^18.3.1",
    "@vitejs/plugin-react": "^4.3.4",
    eslint: "^9.15.0",
    "eslint-plugin-react-hooks": "^5.0.0",
    "eslint-plugin-react-refresh": "^0.4.14",
    globals: "^15.12.0",
    typescript: "~5.6.2",
    "typescript-eslint": "^8.15.0",
    vite: "^6.0.1",
  },
});

const vue = manifest("vue-app", {
  dependencies: { pinia: "^2.2.6", vue: "^3.5.13", "vue-router": "^4.4.5" },
  devDependencies: {
    "@tsconfig/node22": "^22.0.0",
    "@types/node": "^22.9.3",
    "@vitejs/plugin-vue": "^5.2.1",
    "@vue/test-utils": "^2.4.6",
    "@vue/tsconfig": "^0.7.0",
    jsdom: "^25.0.1",
    prettier: "^3.3.3",
    typescript: "~5.6.3",
    vite: "^6.0.1",
    vitest: "^2.1.5",
    "vue-tsc": "^2.1.10",
  },
});

const conflict = manifest("eslint-9-vs-airbnb", {
  devDependencies: { eslint: "^9.0.0", "eslint-config-airbnb": "^19.0.0" },
});

const chart = manifest("one-of-each", {
  dependencies: { "d3-array": ">=2", "d3-sankey": "^0.12.3", "d3-scale": "^4.0.2", preact: "^10.24.0" },
});

const twoArrays = manifest("two-of-d3-array", {
  dependencies: { "d3-array": "^3.2.4", "d3-sankey": "^0.12.3", preact: "^10.24.0" },
});

const monorepo: Example["files"] = {
  "package.json": manifest("acme", {
    workspaces: ["apps/*", "packages/*"],
    devDependencies: { typescript: "~5.6.3" },
    overrides: { vite: { rollup: "4.30.1" } },
  }),
  "apps/site/package.json": manifest("@acme/site", {
    dependencies: { "@acme/ui": "^1.0.0", react: "^18.3.1", "react-dom": "^18.3.1" },
    devDependencies: { "@vitejs/plugin-react": "^4.3.4", vite: "^6.0.1" },
  }),
  "packages/ui/package.json": manifest("@acme/ui", {
    dependencies: { "@acme/text": "^1.0.0" },
    peerDependencies: { react: "^18.0.0 || ^19.0.0" },
  }),
  "packages/text/package.json": manifest("@acme/text", { dependencies: { "lodash-es": "^4.17.21" } }),
};

export const EXAMPLES: readonly Example[] = [
  {
    id: "docs-demo",
    title: "Documentation demo",
    note: "D3, Three.js and Mermaid: the libraries of an interactive article.",
    files: { "package.json": docsDemo },
  },
  {
    id: "react",
    title: "React with Vite",
    note: "TypeScript, ESLint 9 and a bundler with a binary for each platform.",
    files: { "package.json": react },
  },
  {
    id: "vue",
    title: "Vue application",
    note: "vite, vitest and vue-tsc, with many peer dependencies.",
    files: { "package.json": vue },
  },
  {
    id: "conflict",
    title: "Peer conflict: ESLint 9 and airbnb",
    note: "Fails with ERESOLVE, as in npm. The result lists ways out.",
    files: { "package.json": conflict },
    settings: { strategy: "npm" },
  },
  {
    id: "monorepo",
    title: "Monorepo with overrides",
    note: "Three workspaces. An override pins rollup, but only for vite.",
    files: monorepo,
  },
  {
    id: "flat",
    title: "Flat: one d3-array for all",
    note: "npm installs two versions of d3-array. The flat strategy finds one that works for all packages.",
    files: { "package.json": chart },
    settings: { strategy: "flat" },
  },
  {
    id: "flat-conflict",
    title: "Flat: a conflict explained",
    note: "No single version of d3-array works. The result explains why.",
    files: { "package.json": twoArrays },
    settings: { strategy: "flat", relax: "none" },
  },
];
