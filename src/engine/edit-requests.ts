// What `add`, `rm` and `update` need, in one piece that is loaded only for them.
export { applyRequests, type Requested } from "./apply-requests.ts";
export { saveManifests } from "./save-manifests.ts";
