// The library's worker, with what counts.
import "./probe.ts";
import "../../workers/worker.ts";
