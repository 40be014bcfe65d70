import type { Operation, OperationKind, OperationState } from "../../../src/api/install.ts";

/** The operations of one kind. Operations that do not overlap in time share a lane. */
export interface LaneBand {
  readonly kind: OperationKind;
  readonly bars: readonly LaneBar[];
  readonly lanes: number;
}

export interface LaneBar {
  readonly operation: Operation;
  readonly lane: number;
}

export const OPERATION_KINDS: readonly OperationKind[] = ["download", "extract", "write"];

interface OpenBand extends LaneBand {
  readonly bars: LaneBar[];
  lanes: number;
  /** The last bar of each lane. */
  readonly ends: LaneBar[];
}

/**
 * Assigns each started operation to the first lane that is free at its start. An operation never changes its lane, so a
 * drawing only grows at its end.
 *
 *     lane 0   aaaaa         a: 0 to 5
 *     lane 1     b ccccc     b: 2 to 3, c: 4 to 9
 */
export class TimelineLanes {
  readonly #bands = new Map<OperationKind, OpenBand>();
  #seen = 0;
  #waiting: Operation[] = [];

  /** The bands that have operations. */
  get bands(): LaneBand[] {
    return OPERATION_KINDS.flatMap((kind) => this.#bands.get(kind) ?? []);
  }

  /** Adds the operations that started since the last call. `operations` is the same growing list each time. */
  update(operations: readonly Operation[]): void {
    for (; this.#seen < operations.length; this.#seen++) this.#waiting.push(operations[this.#seen]!);
    const started = this.#waiting.filter(({ start }) => start !== null);
    if (started.length === 0) return;
    this.#waiting = this.#waiting.filter(({ start, end }) => start === null && end === null);
    started.sort((a, b) => a.start! - b.start!);
    for (const operation of started) this.#place(operation);
  }

  #place(operation: Operation): void {
    const { kind } = operation;
    const band = this.#bands.get(kind) ?? { kind, bars: [], lanes: 0, ends: [] };
    this.#bands.set(kind, band);
    const free = band.ends.findIndex(({ operation: { end } }) => end !== null && end <= operation.start!);
    const lane = free < 0 ? band.ends.length : free;
    const bar = { operation, lane };
    band.ends[lane] = bar;
    band.lanes = band.ends.length;
    band.bars.push(bar);
  }
}

/** Counts the operations of a kind by state. */
export function countByState(operations: readonly Operation[], kind: OperationKind): Record<OperationState, number> {
  const counts = { waiting: 0, running: 0, done: 0, failed: 0, dropped: 0 };
  for (const operation of operations) if (operation.kind === kind) counts[operation.state]++;
  return counts;
}

/** Returns the latest start or end of all operations, in milliseconds. */
export function latestTime(operations: readonly Operation[]): number {
  return operations.reduce((most, { start, end }) => Math.max(most, start ?? 0, end ?? 0), 0);
}

/** Returns a round step for an axis: 1, 2 or 5 times a power of ten, and at least `least`. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return power * ([1, 2, 5].find((times) => times * power >= least) ?? 10);
}
