import { flagNames } from "@lstar/kernel/syscall/declare.ts";
import type { ArgPrinter } from "../call.ts";
import { flagsText, hex, pointer } from "../text.ts";
import type { PrinterTable } from "./index.ts";

const protections = flagNames("PROT_???", {
  PROT_NONE: 0,
  PROT_READ: 1,
  PROT_WRITE: 2,
  PROT_EXEC: 4,
  PROT_SEM: 8,
  PROT_GROWSDOWN: 0x01000000,
  PROT_GROWSUP: 0x02000000,
});
const mapKinds: Record<number, string> = { 0: "MAP_FILE", 1: "MAP_SHARED", 2: "MAP_PRIVATE", 3: "MAP_SHARED_VALIDATE" };
const mapFlags = flagNames("MAP_???", {
  MAP_FIXED: 0x10,
  MAP_ANONYMOUS: 0x20,
  MAP_32BIT: 0x40,
  MAP_GROWSDOWN: 0x100,
  MAP_DENYWRITE: 0x800,
  MAP_EXECUTABLE: 0x1000,
  MAP_LOCKED: 0x2000,
  MAP_NORESERVE: 0x4000,
  MAP_POPULATE: 0x8000,
  MAP_NONBLOCK: 0x10000,
  MAP_STACK: 0x20000,
  MAP_HUGETLB: 0x40000,
  MAP_SYNC: 0x80000,
  MAP_FIXED_NOREPLACE: 0x100000,
});

const protection: ArgPrinter = (c, i) => flagsText(protections, c.arg(i));
const mapping: ArgPrinter = (c, i) => {
  const flags = c.arg(i);
  const kind = mapKinds[flags & 15] ?? `${hex(flags & 15)} /* MAP_??? */`;
  const rest = (flags & ~15) >>> 0;
  return rest === 0 ? kind : `${kind}|${flagsText(mapFlags, rest)}`;
};

export const memoryPrinters: PrinterTable = {
  mmap: { 2: protection, 3: mapping, 4: (c) => c.fd(c.arg(4) | 0), 5: (c) => hex(c.arg(5)) },
  mprotect: { 2: protection },
  pkey_mprotect: { 2: protection },
  brk: { 0: (c) => pointer(c.arg(0)) },
  mremap: { 4: (c) => ((c.arg(3) & 2) !== 0 ? pointer(c.arg(4)) : "") },
};
