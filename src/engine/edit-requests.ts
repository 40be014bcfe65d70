// Loaded on demand: for a resolution with `add`, `rm` or `update`.
export { applyRequests, type Requested } from "./apply-requests.ts";
export { saveManifests } from "./save-manifests.ts";
