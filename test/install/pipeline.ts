import type { UnpackLimits } from "../../src/api/install.ts";
import type { ErrorCode } from "../../src/errors/failure.ts";
import { fail, failure, type Outcome, ok } from "../../src/errors/failure.ts";
import type { Extracted } from "../../src/install/extractor.ts";
import { Operations } from "../../src/install/operations.ts";
import { PackPipeline, type PipelineOptions } from "../../src/install/pack-pipeline.ts";
import type { PackSource } from "../../src/install/pack-source.ts";
import { UNPACK_LIMITS } from "../../src/tarball/unpack-limits.ts";

export const source = (key: string): PackSource => ({
  key,
  name: key,
  version: "1.0.0",
  url: `http://registry.local/${key}.tgz`,
  integrity: key,
});

/** A download or verification that ends when the test says so. */
export interface Gate {
  key: string;
  /** Whether a download bypasses all caches. */
  fresh: boolean;
  /** Ends it well. @param bytes of the download */
  done(bytes?: number): void;
  fail(code: ErrorCode): void;
}

export interface FakePipeline {
  pipeline: PackPipeline;
  operations: Operations;
  downloads: Gate[];
  extracts: Gate[];
}

/** Makes a pipeline whose downloads and verifications end when the test says so. */
export function fakePipeline(limits: Partial<PipelineOptions["limits"]> = {}): FakePipeline {
  const downloads: Gate[] = [];
  const extracts: Gate[] = [];
  let time = 0;
  const operations = new Operations(() => time++);
  const pipeline = new PackPipeline({
    downloads: {
      get: ({ key }, fresh) =>
        new Promise((resolve) => {
          downloads.push({
            key,
            fresh,
            done: (bytes = 10) => resolve(ok({ bytes: new Uint8Array(bytes), transferred: bytes })),
            fail: (code) => resolve(fail(failure(code, key))),
          });
        }),
    },
    extractor: {
      extract: (tarball, { name }: { name: string; limits: UnpackLimits }) =>
        new Promise<Outcome<Extracted>>((resolve) => {
          const value: Extracted = { integrity: `sha512-${name}`, tarball, index: new Uint8Array(1), warnings: [] };
          extracts.push({
            key: name,
            fresh: false,
            done: () => resolve(ok(value)),
            fail: (code) => resolve(fail(failure(code, name))),
          });
        }),
    },
    limits: { downloads: 2, extractions: 1, backlog: 100, ...limits },
    unpack: UNPACK_LIMITS,
    archives: false,
    operations,
  });
  return { pipeline, operations, downloads, extracts };
}

/** Waits until all pending promise callbacks have run. */
export async function runMicrotasks(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
