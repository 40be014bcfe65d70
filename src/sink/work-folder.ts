/** The folder, beside `node_modules`, in which a sink prepares a change. It is removed at the end. */
export const WORK = ".webhoist-install";
/** The folder of the new files, each at its path in the project. */
export const STAGED: string = `${WORK}/new`;
