import { type Death, type Report, runDeath, runStress, type Spawn } from "./director.ts";
import type { Plan, Reply } from "./plan.ts";

// Runs in a page. The threads are its workers, and the page itself waits as well.

const spawn: Spawn = () => {
  const worker = new Worker("/worker.js");
  return {
    post: (order) => worker.postMessage(order),
    onReply: (listener) => {
      worker.onmessage = ({ data }: MessageEvent<Reply>) => listener(data);
      worker.onerror = ({ message }) => listener({ kind: "error", message });
    },
    terminate: () => worker.terminate(),
  };
};

const director = {
  stress: (plan: Plan): Promise<Report> => runStress(plan, spawn),
  death: (plan: Plan, death: Death): Promise<Report> => runDeath(plan, spawn, death),
};

export type Director = typeof director;

window.director = director;
