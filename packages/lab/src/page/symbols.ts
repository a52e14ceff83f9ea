import { type ElfFunction, elfFunctions, functionAt, readElf } from "@lstar/trace/debuginfo/elfSymbols.ts";

/** Functions of the program that is loaded, by address. */
let functions: readonly ElfFunction[] = [];

export function useSymbols(program: Uint8Array): void {
  const elf = readElf(program);
  functions = elf ? elfFunctions(elf) : [];
}

/** The function at an address, null if the program has none there. */
export function symbolAt(address: number): ElfFunction | null {
  return functionAt(functions, address);
}

/** name, or name+0x12; "" if unknown. */
export function symbolText(address: number): string {
  const f = symbolAt(address);
  if (!f) return "";
  return address === f.address ? f.name : `${f.name}+0x${(address - f.address).toString(16)}`;
}
