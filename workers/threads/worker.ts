import { expose } from "comlink";
import { engineService } from "./engine-worker.ts";
import { HELLO } from "./hello.ts";

// The one worker file: what it does is decided by the first call (`begin`).
expose(engineService());
// What nobody handles may be what another thread sleeps for. As an error it reaches the page, which ends the workers.
addEventListener("unhandledrejection", ({ reason }) => {
  queueMicrotask(() => {
    throw reason;
  });
});
postMessage(HELLO);
