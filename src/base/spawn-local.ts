/**
 * A cooperative task. It yields nothing to give others a turn, or a promise to wait for: it is resumed with the promise's
 * value, or its rejection is thrown into it.
 */
export type Task<T> = Generator<PromiseLike<unknown> | undefined, T, unknown>;

export interface Clock {
  /** Milliseconds since anywhere; asked at every step. */
  now(): number;
  /** Ends this turn of the event loop; resolves in a later one, after others had theirs. */
  nextTurn(): Promise<void>;
}

/** Milliseconds: half a frame. */
const SLICE = 8;

interface Running {
  task: Task<unknown>;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
  /** Goes on with what the promise came to that it waited for. */
  resume: (() => IteratorResult<unknown>) | undefined;
}

/**
 * Threads for where there are none: runs tasks and jobs on this one, a step of each in turn, so that neither what arrives nor
 * who works on it starves. Of each turn of the event loop it takes one slice at most, however often it falls asleep and is
 * woken within it. Where every task waits it sleeps: nothing is polled.
 */
export class LocalScheduler {
  readonly #clock: Clock;
  readonly #slice: number;
  readonly #tasks = new Set<Running>();
  #ready: Running[] = [];
  #jobs: (() => void)[] = [];
  #jobsFirst = false;
  /** What is left of the slice. Only a new turn renews it: who sleeps and is woken may still be in the same one. */
  #left: number;
  /** Whether the loop runs or is about to. */
  #awake = false;
  #stopped: { reason: unknown } | null = null;

  constructor(clock: Clock, options: { slice?: number } = {}) {
    this.#clock = clock;
    this.#slice = options.slice ?? SLICE;
    this.#left = this.#slice;
  }

  /** Nothing to do and nothing to wait for. */
  get idle(): boolean {
    return this.#tasks.size + this.#jobs.length === 0;
  }

  /** What the task returns or throws. Its first step is taken after the caller's own. */
  spawn<T>(task: Task<T>): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      const running: Running = { task, resolve, reject, resume: undefined };
      this.#tasks.add(running);
      if (this.#stopped) this.#end(running, this.#stopped.reason);
      else this.#wake(running);
    }) as Promise<T>;
  }

  /**
   * Work that came in from outside (a body that arrived), done in one step. One that throws is a defect: it shows as an
   * unhandled rejection and disturbs nobody else.
   */
  post(job: () => void): void {
    if (this.#stopped) return;
    this.#jobs.push(job);
    this.#wake();
  }

  /** For good: every task is left by `return` and rejects with `reason`, now and when it comes later; jobs are dropped. */
  stop(reason: unknown): void {
    if (this.#stopped) return;
    this.#stopped = { reason };
    this.#ready = [];
    this.#jobs = [];
    for (const running of [...this.#tasks]) this.#end(running, reason);
  }

  #end(running: Running, reason: unknown): void {
    this.#tasks.delete(running);
    running.reject(reason);
    leave(running.task);
  }

  #wake(running?: Running): void {
    if (running) this.#ready.push(running);
    if (this.#awake) return;
    this.#awake = true;
    void Promise.resolve().then(this.#run);
  }

  readonly #run = (): void => {
    const start = this.#clock.now();
    while (this.#step()) {
      const spent = this.#clock.now() - start;
      // A clock that was set back ends the slice too.
      if (spent >= this.#left || spent < 0) {
        void this.#clock.nextTurn().then(this.#renew, this.#renew);
        return;
      }
    }
    this.#left -= Math.max(this.#clock.now() - start, 0);
    this.#awake = false;
  };

  readonly #renew = (): void => {
    this.#left = this.#slice;
    this.#run();
  };

  /** One job or one task's step, of either kind in turn; false when there is neither. */
  #step(): boolean {
    this.#jobsFirst = !this.#jobsFirst;
    return this.#jobsFirst ? this.#work() || this.#advance() : this.#advance() || this.#work();
  }

  #work(): boolean {
    const job = this.#jobs.shift();
    try {
      job?.();
    } catch (error) {
      void Promise.reject(error);
    }
    return job !== undefined;
  }

  #advance(): boolean {
    const running = this.#ready.shift();
    if (!running) return false;
    const { task, resume } = running;
    running.resume = undefined;
    try {
      const { done, value } = resume ? resume() : task.next();
      // It may have stopped us itself, and cannot be left while it runs.
      if (this.#stopped) leave(task);
      else if (done) {
        this.#tasks.delete(running);
        running.resolve(value);
      } else if (value === undefined) this.#ready.push(running);
      else this.#waitFor(running, value);
    } catch (error) {
      this.#tasks.delete(running);
      running.reject(error);
    }
    return true;
  }

  #waitFor(running: Running, promise: unknown): void {
    const { task } = running;
    const wake = (resume: Running["resume"]): void => {
      if (this.#stopped) return;
      running.resume = resume;
      this.#wake(running);
    };
    Promise.resolve(promise).then(
      (value) => wake(() => task.next(value)),
      (error) => wake(() => task.throw(error)),
    );
  }
}

/** Runs what a task has in `finally`, whatever comes of it. */
function leave(task: Task<unknown>): void {
  try {
    task.return(undefined);
  } catch {
    // It has been told to go; how it takes that is no answer to anybody.
  }
}
