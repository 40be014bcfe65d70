import type { Random } from "./random.ts";
import type { Value } from "./value.ts";

/** One kind of input, and the code that reads it. */
export interface Target {
  readonly name: string;
  /** The number of inputs that the tests try: about six seconds of work on one core. */
  readonly perTest: number;
  /** Codes that only this target may end with. */
  readonly allowed?: readonly string[];
  /** Returns a changed input. */
  make(random: Random): Value;
  /**
   * Reads an input, and uses the answer. The input is frozen.
   * @throws what the library throws, and anything else for a broken law of this target
   */
  run(input: Value): void | Promise<void>;
}
