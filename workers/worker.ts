import { expose } from "comlink";
import { engineService } from "./engine-service.ts";

// The one worker file: what it does is decided by the first call (`begin`).
expose(engineService());
