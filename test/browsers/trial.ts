import { afterAll, beforeAll } from "vitest";
import type { RealMode } from "../install/stage.ts";
import { endAll } from "../support/browsers/process.ts";
import { BrowserStage } from "./browser-stage.ts";
import { Facts } from "./facts.ts";
import type { Abilities } from "./in-page.ts";
import { KINDS, type Kind } from "./kinds.ts";

/** A kind of page, and a mode that it allows. */
export interface Setting {
  isolated: boolean;
  mode: RealMode;
}

/** One browser under test. */
export interface Trial {
  readonly kind: Kind;
  readonly stage: BrowserStage;
  readonly facts: Facts;
  readonly abilities: Record<"isolated" | "plain", Abilities>;
  /** Every setting that the browser allows. With BROWSERS_SHORT set, the first choice of each kind of page. */
  readonly settings: readonly Setting[];
}

/** Whether to try only the first choice of each kind of page, and fewer cases. */
export const SHORT = process.env["BROWSERS_SHORT"] !== undefined;

function settingsOf(abilities: Trial["abilities"]): Setting[] {
  return [true, false].flatMap((isolated) => {
    const { isolated: is, sharedMemory } = abilities[isolated ? "isolated" : "plain"];
    const modes: RealMode[] = [...(is && sharedMemory ? (["threads"] as const) : []), "worker", "inline"];
    return (SHORT ? modes.slice(0, 1) : modes).map((mode) => ({ isolated, mode }));
  });
}

/** Starts a browser for all tests of a file. Returns a function that returns the trial inside of a test. */
export function trialOf(kind: Kind): () => Trial {
  let trial: Trial | undefined;
  let stage: BrowserStage | undefined;
  beforeAll(async () => {
    stage = await BrowserStage.open(KINDS[kind]);
    const abilities = await stage.abilities();
    const facts = new Facts(kind);
    facts.set("version", (await stage.window()).version);
    trial = { kind, stage, facts, abilities, settings: settingsOf(abilities) };
  }, 120_000);
  afterAll(async () => {
    const folder = process.env["BROWSERS_FACTS"];
    if (folder) trial?.facts.write(folder);
    await stage?.[Symbol.asyncDispose]();
    endAll();
  }, 60_000);
  return () => {
    if (!trial) throw new Error("The browser has not started");
    return trial;
  };
}
