import { type Plugin, rollup } from "@rollup/browser";
import commonjs from "@rollup/plugin-commonjs";
import { build, initialize } from "esbuild-wasm";
import type { InstalledProject } from "../../../src/api/install.ts";
import { esbuildPlugin } from "../../../web/bundlers/esbuild.ts";
import { rollupPlugin } from "../../../web/bundlers/rollup.ts";
import { createInstaller } from "../../../web/index.ts";

/** The path at which the site serves a registry. */
const REGISTRY = "/registry/";

const APP = {
  "package.json": JSON.stringify({ name: "app", dependencies: { react: "*", "react-dom": "*" } }),
  "src/main.jsx": `
    import { createRoot } from "react-dom/client";
    import { version } from "react";
    import Counter from "./counter";
    import { name } from "../package.json";
    createRoot(document.querySelector("main")).render(<><h1>{name} on {version}</h1><Counter from={41} /></>);`,
  "src/counter.jsx": `
    import { useState } from "react";
    export default ({ from }) => {
      const [count, setCount] = useState(from);
      return <button onClick={() => setCount(count + 1)}>{count}</button>;
    };`,
};

async function install(): Promise<InstalledProject> {
  const registry = new URL(REGISTRY, location.href).href;
  const installer = await createInstaller({ registry, mode: "inline" });
  return await installer.install({ files: APP });
}

async function byEsbuild(project: InstalledProject): Promise<string> {
  await initialize({ wasmURL: "/esbuild.wasm" });
  const { outputFiles } = await build({
    entryPoints: ["src/main.jsx"],
    plugins: [esbuildPlugin(project, { files: APP })],
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": `"production"` },
  });
  return outputFiles[0]?.text ?? "";
}

async function byRollup(project: InstalledProject): Promise<string> {
  const production = {
    name: "production",
    transform: (code: string): string => code.replaceAll("process.env.NODE_ENV", `"production"`),
  };
  // The plugin's types are those of the package rollup, not @rollup/browser.
  const bundle = await rollup({
    input: "src/main.jsx",
    plugins: [rollupPlugin(project, { files: APP }), production, commonjs() as unknown as Plugin],
    jsx: { mode: "automatic" },
  });
  const { output } = await bundle.generate({ format: "es" });
  return output[0].code;
}

/** Runs a bundle in a new element, and clicks its button. */
async function show(code: string): Promise<string[]> {
  document.body.innerHTML = "<main></main>";
  const main = document.body.firstElementChild as HTMLElement;
  await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const shown: string[] = [];
  for (const count of ["41", "42"]) {
    while (main.querySelector("button")?.textContent !== count) await new Promise(requestAnimationFrame);
    shown.push(main.innerHTML);
    main.querySelector("button")?.click();
  }
  return shown;
}

const bundlers = { esbuild: byEsbuild, rollup: byRollup };

export interface BundlersPage {
  run(bundler: keyof typeof bundlers): Promise<{ shown: string[]; length: number }>;
}

// The plugin for CommonJS needs it.
Object.assign(globalThis, { process: { cwd: () => "/", env: {} } });

let project: Promise<InstalledProject> | undefined;
const page: BundlersPage = {
  async run(bundler) {
    project ??= install();
    const code = await bundlers[bundler](await project);
    return { shown: await show(code), length: code.length };
  },
};
Object.assign(globalThis, { bundlersPage: page });
