/** Vite's import of a worker's address. */
declare module "*?worker&url" {
  const address: string;
  export default address;
}
