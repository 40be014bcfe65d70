import type { UnpackLimits } from "../../src/api/install.ts";
import type { ErrorCode } from "../../src/errors/failure.ts";
import { fail, failure, type Outcome, ok } from "../../src/errors/failure.ts";
import type { Extracted } from "../../src/install/extractor.ts";
import { PackPipeline, type PackSource, type PipelineLimits } from "../../src/install/pack-pipeline.ts";
import { UNPACK_LIMITS } from "../../src/tarball/wanted.ts";

export const source = (key: string): PackSource => ({
  key,
  name: key,
  version: "1.0.0",
  url: `http://registry.local/${key}.tgz`,
  integrity: key,
});

export interface Gate {
  key: string;
  past: boolean;
  /** Lets it end: with so many bytes, or a failure. */
  done(bytes?: number): void;
  fail(code: ErrorCode): void;
}

/** Works whose downloads and verifications end when the test says so. */
export function fakePipeline(limits: Partial<PipelineLimits> = {}): {
  pipeline: PackPipeline;
  downloads: Gate[];
  extracts: Gate[];
  kept: string[];
} {
  const downloads: Gate[] = [];
  const extracts: Gate[] = [];
  const kept: string[] = [];
  let time = 0;
  const pipeline = new PackPipeline({
    download: ({ key }, past) =>
      new Promise((resolve) => {
        downloads.push({
          key,
          past,
          done: (bytes = 10) => resolve(ok({ bytes: new Uint8Array(bytes), transferred: bytes })),
          fail: (code) => resolve(fail(failure(code, key))),
        });
      }),
    extractor: {
      extract: (tarball, { name }: { name: string; limits: UnpackLimits }) =>
        new Promise<Outcome<Extracted>>((resolve) => {
          const value: Extracted = { integrity: `sha512-${name}`, tarball, index: new Uint8Array(1), warnings: [] };
          extracts.push({
            key: name,
            past: false,
            done: () => resolve(ok(value)),
            fail: (code) => resolve(fail(failure(code, name))),
          });
        }),
    },
    limits: { downloads: 2, extractions: 1, backlog: 100, ...limits },
    unpack: UNPACK_LIMITS,
    archives: false,
    keep: ({ key }) => void kept.push(key),
    now: () => time++,
  });
  return { pipeline, downloads, extracts, kept };
}

/** Lets everything that can go on go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
