// The library's worker, with the probe.
import "./probe.ts";
import "../../../workers/threads/worker.ts";
