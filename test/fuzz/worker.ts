import { parentPort, workerData } from "node:worker_threads";
import { encode, writeCorpus } from "./corpus.ts";
import { check, signatureOf } from "./laws.ts";
import { Random } from "./random.ts";
import { shrink } from "./shrink.ts";
import type { Target } from "./target.ts";
import { targets } from "./targets.ts";

// `npm run fuzz` runs this in a thread, so that it can end and report an input that hangs or exhausts the memory.

/** The work of the thread: try inputs of one target, or write one input into the corpus. */
interface Work {
  target: string;
  seed: number;
  from: number;
  /** Milliseconds since 1970. */
  until: number;
  /** The number of the current input. */
  current: Int32Array;
  /** Only writes input `from`, with this fault. */
  keep?: string;
  folder: string;
}

const work = workerData as Work;
const target = targets.find(({ name }) => name === work.target) as Target;
const report = (message: object): void => parentPort?.postMessage(message);

if (work.keep !== undefined) {
  const input = target.make(new Random(work.seed, work.from));
  report({ kind: "kept", file: writeCorpus({ target: target.name, fault: work.keep, input }, work.folder) });
} else await tryInputs();

async function tryInputs(): Promise<void> {
  const known = new Map<string, number>();
  const codes = new Map<string, number>();
  let index = work.from;
  for (; Date.now() < work.until; index++) {
    Atomics.store(work.current, 0, index);
    const input = target.make(new Random(work.seed, index));
    const { fault, code } = await check(target, input);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if (fault === null) continue;
    const signature = signatureOf(fault);
    known.set(signature, (known.get(signature) ?? 0) + 1);
    if (known.get(signature) !== 1) continue;
    report({ kind: "fault", index, fault });
    const small = await shrink(target, input, fault);
    const file = writeCorpus({ target: target.name, fault, input: small }, work.folder);
    report({ kind: "kept", file, text: JSON.stringify(encode(small)).slice(0, 600) });
  }
  report({ kind: "done", index, codes: [...codes].sort((a, b) => b[1] - a[1]), faults: [...known] });
}
