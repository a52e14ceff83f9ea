import type { ArgPrinter } from "../call.ts";
import { filePrinters } from "./files.ts";
import { memoryPrinters } from "./memory.ts";
import { pollPrinters } from "./poll.ts";
import { processPrinters } from "./process.ts";
import { ptracePrinters } from "./ptrace.ts";
import { seccompPrinters } from "./seccomp.ts";
import { signalPrinters } from "./signal.ts";
import { socketPrinters } from "./socket.ts";
import { splicePrinters } from "./splice.ts";
import { statPrinters } from "./stat.ts";
import { terminalPrinters } from "./terminal.ts";
import { timePrinters } from "./time.ts";
import { uringPrinters } from "./uring.ts";

/** Printers of arguments whose meaning depends on the rest of the call: by call name, then position. */
export type PrinterTable = Readonly<Record<string, Readonly<Record<number, ArgPrinter>>>>;

export const specialPrinters: PrinterTable = {
  ...filePrinters,
  ...memoryPrinters,
  ...pollPrinters,
  ...processPrinters,
  ...ptracePrinters,
  ...seccompPrinters,
  ...signalPrinters,
  ...socketPrinters,
  ...splicePrinters,
  ...statPrinters,
  ...terminalPrinters,
  ...timePrinters,
  ...uringPrinters,
};
