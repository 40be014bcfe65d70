import type { Platform } from "../../src/api/common.ts";
import { createInstaller } from "../../web/index.ts";
import { memoryRegistry } from "../support/registry/memory-fetch.ts";
import { inlineSnapshot } from "../support/registry/snapshot.ts";
import type { Scenario } from "./scenario.ts";

export { npmRules } from "../../src/spec/npm-rules.ts";
export { scenarioOf } from "./scenario.ts";

/** The answer to one step: npm's files, a failure's code, or an error without one. */
export interface SearchAnswer {
  lock?: string | null;
  manifest?: string;
  code?: string;
  crash?: string;
}

/** Answers a scenario. Each step starts from the files of the one before. */
export async function answersOf(scenario: Scenario, platform: Partial<Platform>): Promise<SearchAnswer[]> {
  const { url, fetch } = memoryRegistry(inlineSnapshot(scenario.packuments));
  const installer = await createInstaller({
    registry: url,
    fetch,
    metadata: "full",
    mode: "inline",
    platform,
    retries: 0,
  });
  const answers: SearchAnswer[] = [];
  let files: Record<string, string> = {};
  for (const step of scenario.steps) {
    files = { ...files, ...step.files };
    try {
      const { files: written } = await installer.resolve({ files, name: "root" }, step.options);
      files = { ...files, ...written };
      answers.push({ lock: files["package-lock.json"] ?? null, manifest: files["package.json"] ?? "" });
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string };
      answers.push(code ? { code } : { crash: String(message) });
      break;
    }
  }
  installer.dispose();
  return answers;
}
