import { expose } from "comlink";
import { engineService } from "./engine-service.ts";
import { HELLO } from "./hello.ts";

// The one worker file: what it does is decided by the first call (`begin`).
expose(engineService());
postMessage(HELLO);
