import { expose } from "comlink";
import { HELLO } from "./hello.ts";
import { workerService } from "./worker-service.ts";

// The entry of every worker. The page's first call, `setUp`, gives it a role.
expose(workerService());
// Turns an unhandled rejection into an error event, which reaches the page and ends the workers. Without it, another thread
// could sleep for ever, waiting for the work that failed.
addEventListener("unhandledrejection", ({ reason }) => {
  queueMicrotask(() => {
    throw reason;
  });
});
postMessage(HELLO);
