import type { Operation, OperationKind } from "../api/install.ts";

type Writable = { -readonly [K in keyof Operation]: Operation[K] };

/** What an install does and has done, as data: in the order in which it came up. */
export class Operations {
  readonly all: readonly Operation[];
  readonly #all: Writable[] = [];
  readonly #now: () => number;
  readonly #since: number;

  /** `now` in milliseconds since anywhere. */
  constructor(now: () => number) {
    this.#now = now;
    this.#since = now();
    this.all = this.#all;
  }

  add(kind: OperationKind, key: string, label: string): OperationRecord {
    const operation: Writable = { kind, key, package: label, state: "waiting", bytes: 0, start: null, end: null };
    this.#all.push(operation);
    return new OperationRecord(operation, () => this.#now() - this.#since);
  }
}

/** One operation's own hold on what is told of it. */
export class OperationRecord {
  readonly #operation: Writable;
  readonly #now: () => number;

  constructor(operation: Writable, now: () => number) {
    this.#operation = operation;
    this.#now = now;
  }

  start(bytes?: number): void {
    Object.assign(this.#operation, { state: "running", start: this.#now(), bytes: bytes ?? this.#operation.bytes });
  }

  /** What has ended before stays as it ended. */
  end(state: "done" | "failed" | "dropped", bytes?: number): void {
    const operation = this.#operation;
    if (operation.end === null) Object.assign(operation, { state, end: this.#now(), bytes: bytes ?? operation.bytes });
  }
}
