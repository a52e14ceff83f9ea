import "iced-x86";

declare module "iced-x86" {
  /** Only in the page: vite.config.ts puts it in the place of reading the WebAssembly from the disk. */
  export function start(response: Promise<Response>): Promise<void>;
}
