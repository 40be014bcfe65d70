/**
 * A cooperative task. It yields `undefined` to let other tasks run, or a promise to wait for it. The scheduler resumes the task
 * with the promise's value, or throws the promise's rejection into it.
 */
export type Task<T> = Generator<PromiseLike<unknown> | undefined, T, unknown>;

export interface Clock {
  /** Returns milliseconds since any fixed moment. Called at every step. */
  now(): number;
  /** Resolves in a later turn of the event loop, so that the page's other work can run. */
  nextTurn(): Promise<void>;
}

/** The milliseconds of work in one turn of the event loop: half a frame. */
const SLICE = 8;

interface Running {
  task: Task<unknown>;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
  /** Resumes the task with the value or the rejection of the promise that it waited for. */
  resume: (() => IteratorResult<unknown>) | undefined;
}

/**
 * Runs tasks and jobs on the current thread, for pages without workers.
 *
 * 1. Steps of tasks and jobs alternate, so that neither delays the other for long.
 * 2. In each turn of the event loop they take one slice of milliseconds at most, even if the scheduler sleeps and wakes in it.
 * 3. While every task waits for a promise, the scheduler sleeps. It does not poll.
 */
export class LocalScheduler {
  readonly #clock: Clock;
  readonly #slice: number;
  readonly #tasks = new Set<Running>();
  #ready: Running[] = [];
  #jobs: (() => void)[] = [];
  #jobsFirst = false;
  /** Milliseconds left of this turn's slice. Only a new turn renews them: the scheduler may sleep and wake within one turn. */
  #left: number;
  /** True while the loop runs or is scheduled to run. */
  #awake = false;
  #stopped: { reason: unknown } | null = null;

  constructor(clock: Clock, options: { slice?: number } = {}) {
    this.#clock = clock;
    this.#slice = options.slice ?? SLICE;
    this.#left = this.#slice;
  }

  /** True if there is no task and no job, not even a waiting one. */
  get idle(): boolean {
    return this.#tasks.size + this.#jobs.length === 0;
  }

  /** Runs a task, beginning after the caller's current step. Resolves or rejects with the task's result. */
  spawn<T>(task: Task<T>): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      const running: Running = { task, resolve, reject, resume: undefined };
      this.#tasks.add(running);
      if (this.#stopped) this.#end(running, this.#stopped.reason);
      else this.#wake(running);
    }) as Promise<T>;
  }

  /**
   * Runs a job in one step: work that an event brings, such as the body of a response. A job must not throw. If it does, the error
   * becomes an unhandled rejection, and other jobs and tasks continue.
   */
  post(job: () => void): void {
    if (this.#stopped) return;
    this.#jobs.push(job);
    this.#wake();
  }

  /** Stops the scheduler for good. Ends every task by `return`, also later ones, and rejects it with `reason`. Drops all jobs. */
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
    endTask(running.task);
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

  /** Runs one job or one step of a task, alternately. Returns false if there is neither. */
  #step(): boolean {
    this.#jobsFirst = !this.#jobsFirst;
    return this.#jobsFirst ? this.#runJob() || this.#runTask() : this.#runTask() || this.#runJob();
  }

  #runJob(): boolean {
    const job = this.#jobs.shift();
    try {
      job?.();
    } catch (error) {
      void Promise.reject(error);
    }
    return job !== undefined;
  }

  #runTask(): boolean {
    const running = this.#ready.shift();
    if (!running) return false;
    const { task, resume } = running;
    running.resume = undefined;
    try {
      const { done, value } = resume ? resume() : task.next();
      // The task itself may have called `stop`, which cannot end a task while it runs.
      if (this.#stopped) endTask(task);
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

/** Ends a task by `return`, which runs its `finally` blocks. Ignores their errors. */
function endTask(task: Task<unknown>): void {
  try {
    task.return(undefined);
  } catch {
    // The task has already been rejected. Nobody waits for this error.
  }
}
