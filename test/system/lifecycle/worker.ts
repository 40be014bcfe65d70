// The library's worker, with what counts.
import "./probe.ts";
import "../../../workers/threads/worker.ts";
