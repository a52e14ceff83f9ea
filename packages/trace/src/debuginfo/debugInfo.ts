import { readDwarfLines } from "./dwarfLine.ts";
import { type ElfFunction, elfFunctions, elfObjects, functionAt, readElf } from "./elfSymbols.ts";
import { type LineTable, rowAt } from "./lineTable.ts";
import { readStabLines } from "./stabLine.ts";

export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  /** The address is the first of a statement. */
  readonly begins: boolean;
}

/** What a program file tells about its code. Addresses are those in the file: subtract the load bias first. */
export class DebugInfo {
  readonly functions: readonly ElfFunction[];
  /** Its variables. */
  readonly objects: readonly ElfFunction[];
  readonly lines: LineTable | null;
  /** Loaded at an address of the kernel's choice. */
  readonly relocatable: boolean;
  readonly entry: number;
  /** Where it is loaded: its lowest page, and the end. */
  readonly low: number;
  readonly high: number;

  constructor(program: Uint8Array) {
    const elf = readElf(program);
    this.functions = elf ? elfFunctions(elf) : [];
    this.objects = elf ? elfObjects(elf) : [];
    this.low = elf?.low ?? 0;
    this.high = elf?.high ?? 0;
    this.lines = elf ? (readDwarfLines(elf) ?? readStabLines(elf)) : null;
    this.relocatable = elf?.relocatable ?? false;
    this.entry = elf?.entry ?? 0;
  }

  /** Name of the function at an address, "" if unknown. */
  functionAt(address: number): string {
    return functionAt(this.functions, address)?.name ?? "";
  }

  /** Source line of an address, null if unknown. */
  placeAt(address: number): SourcePlace | null {
    if (!this.lines) return null;
    const row = rowAt(this.lines, address);
    return row && { file: this.lines.files[row.file] ?? "", line: row.line, begins: row.statement && row.address === address };
  }

  /** Addresses where the code of a line begins. `file` is compared by its last component. */
  addressesOf(file: string, line: number): number[] {
    const name = file.slice(file.lastIndexOf("/") + 1);
    const { lines } = this;
    if (!lines) return [];
    return lines.rows.filter((r) => r.line === line && r.statement && lines.files[r.file]?.endsWith(name)).map((r) => r.address);
  }
}
