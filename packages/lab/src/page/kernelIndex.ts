import { signal } from "@preact/signals";

/** A kernel function of ours: where it lies, and which of Linux's it stands for. */
export interface KernelFunction {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly linuxFile: string;
  readonly linuxSymbols: string;
}

/** By our name; empty until it has been fetched. */
export const kernelFunctions = signal<ReadonlyMap<string, KernelFunction>>(new Map());

export async function fetchKernelIndex(): Promise<void> {
  const r = await fetch(new URL("kernel.json", document.baseURI));
  if (!r.ok) return;
  const rows = (await r.json()) as [string, string, number, string, string][];
  kernelFunctions.value = new Map(
    rows.map(([name, file, line, linuxFile, linuxSymbols]) => [name, { name, file, line, linuxFile, linuxSymbols }]),
  );
}

/** A file of the kernel's source as text. */
export async function fetchSource(file: string): Promise<string> {
  const r = await fetch(new URL(`source/${file}.txt`, document.baseURI));
  if (!r.ok) throw new Error(`${file} could not be read (${r.status})`);
  return r.text();
}
