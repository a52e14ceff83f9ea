import type { ArgPrinter, Call } from "../call.ts";
import { pointer } from "../text.ts";
import type { PrinterTable } from "./index.ts";

/** Offsets that splice, copy_file_range and sendfile take by pointer. */

function offset(c: Call, address: number): string {
  if (address === 0) return "NULL";
  const v = c.view(address, 8);
  return v ? `[${v.getBigUint64(0, true)}]` : pointer(address);
}

/** As given at entry. */
const offsetIn: ArgPrinter = (c, i) => offset(c, c.arg(i));

/** sendfile: before, and after if it has moved. */
const before = new WeakMap<Call, string>();
const offsetInOut: ArgPrinter = (c, i) => {
  const was = before.get(c);
  if (!c.exiting) {
    before.set(c, offset(c, c.arg(i)));
    return null;
  }
  const now = offset(c, c.arg(i));
  return was === undefined || was === now || c.failed || c.arg(i) === 0 ? (was ?? now) : `${was} => ${now}`;
};

export const splicePrinters: PrinterTable = {
  splice: { 1: offsetIn, 3: offsetIn },
  copy_file_range: { 1: offsetIn, 3: offsetIn },
  sendfile: { 2: offsetInOut },
};
