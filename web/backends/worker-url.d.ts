/** As Vite has it: the address of a worker that it serves or bundles. */
declare module "*?worker&url" {
  const address: string;
  export default address;
}
