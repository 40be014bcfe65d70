import vm from "node:vm";
import type { ModuleGraph } from "../../src/api/modules.ts";

const GLOBALS = {
  console,
  setTimeout,
  clearTimeout,
  queueMicrotask,
  URL,
  TextEncoder,
  TextDecoder,
  MessageChannel,
  AbortController,
  performance,
};

/** Runs a graph in a realm of its own, and returns the namespace of its first entry. */
export async function runGraph(
  graph: ModuleGraph,
  globals: Record<string, unknown> = {},
): Promise<Record<string, unknown>> {
  const context = vm.createContext({ ...GLOBALS, ...globals });
  const known = new Map<string, vm.SourceTextModule>();
  const moduleFor = (key: string): vm.SourceTextModule => {
    const found = known.get(key);
    if (found) return found;
    const source = graph.modules.get(key);
    if (!source) throw new Error(`The graph has no module ${key}`);
    const module = new vm.SourceTextModule(source.code, {
      context,
      identifier: key,
      importModuleDynamically: async (specifier) => {
        const imported = moduleFor(specifier);
        await ready(imported);
        return imported;
      },
    });
    known.set(key, module);
    return module;
  };
  const ready = async (module: vm.SourceTextModule): Promise<void> => {
    if (module.status === "unlinked") await module.link((specifier) => moduleFor(specifier));
    await module.evaluate();
  };
  const entry = moduleFor(graph.entries[0] as string);
  await ready(entry);
  return entry.namespace as Record<string, unknown>;
}
