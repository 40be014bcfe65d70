import type { Operation, OperationKind } from "../api/install.ts";
import { withoutSecrets } from "../errors/without-secrets.ts";

type WritableOperation = { -readonly [K in keyof Operation]: Operation[K] };

/** The operations of an install as data, in the order in which they were added. */
export class Operations {
  readonly all: readonly Operation[];
  readonly #all: WritableOperation[] = [];
  readonly #now: () => number;
  readonly #since: number;

  /** @param now returns milliseconds since any fixed time */
  constructor(now: () => number) {
    this.#now = now;
    this.#since = now();
    this.all = this.#all;
  }

  add(kind: OperationKind, key: string, label: string): OperationRecord {
    const operation: WritableOperation = {
      kind,
      key: withoutSecrets(key),
      package: withoutSecrets(label),
      state: "waiting",
      bytes: 0,
      start: null,
      end: null,
    };
    this.#all.push(operation);
    return new OperationRecord(operation, () => this.#now() - this.#since);
  }
}

/** Changes one operation. */
export class OperationRecord {
  readonly #operation: WritableOperation;
  readonly #now: () => number;

  constructor(operation: WritableOperation, now: () => number) {
    this.#operation = operation;
    this.#now = now;
  }

  start(bytes?: number): void {
    Object.assign(this.#operation, { state: "running", start: this.#now(), bytes: bytes ?? this.#operation.bytes });
  }

  /** Ends the operation. Does nothing if it has ended already. */
  end(state: "done" | "failed" | "dropped", bytes?: number): void {
    const operation = this.#operation;
    if (operation.end === null) Object.assign(operation, { state, end: this.#now(), bytes: bytes ?? operation.bytes });
  }
}
