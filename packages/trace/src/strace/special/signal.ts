import { flagNames } from "@lstar/kernel/syscall/declare.ts";
import { afterExit, sigset } from "../arguments.ts";
import type { ArgPrinter, Call } from "../call.ts";
import { siginfoText, signalText, sigsetText } from "../signals.ts";
import { flagsText, hex, pointer } from "../text.ts";
import type { PrinterTable } from "./index.ts";

const saFlags = flagNames("SA_???", {
  SA_RESTORER: 0x04000000,
  SA_NODEFER: 0x40000000,
  SA_RESTART: 0x10000000,
  SA_SIGINFO: 4,
  SA_RESETHAND: 0x80000000,
  SA_ONSTACK: 0x08000000,
  SA_NOCLDSTOP: 1,
  SA_NOCLDWAIT: 2,
});

function handlerText(handler: number): string {
  return handler === 0 ? "SIG_DFL" : handler === 1 ? "SIG_IGN" : pointer(handler);
}

function action(c: Call, address: number): string {
  if (address === 0) return "NULL";
  const v = c.view(address, 32);
  if (!v) return pointer(address);
  const handler = v.getUint32(0, true) + v.getUint32(4, true) * 2 ** 32;
  const flags = v.getUint32(8, true);
  const mask = sigsetText(v.getUint32(24, true), v.getUint32(28, true));
  const restorer = flags & 0x04000000 ? `, sa_restorer=${pointer(v.getUint32(16, true) + v.getUint32(20, true) * 2 ** 32)}` : "";
  return `{sa_handler=${handlerText(handler)}, sa_mask=${mask}, sa_flags=${flagsText(saFlags, flags)}${restorer}}`;
}

const how: ArgPrinter = (c, i) => ["SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK"][c.arg(i)] ?? `${hex(c.arg(i) >>> 0)} /* SIG_??? */`;

const stackFlags = flagNames("SS_???", { SS_ONSTACK: 1, SS_DISABLE: 2, SS_AUTODISARM: 0x80000000 });
function altStack(c: Call, address: number): string {
  const v = c.view(address, 24);
  if (!v) return pointer(address);
  const flags = v.getUint32(8, true);
  return `{ss_sp=${pointer(v.getUint32(0, true) + v.getUint32(4, true) * 2 ** 32)}, ss_flags=${flagsText(stackFlags, flags)}, ss_size=${v.getUint32(16, true) + v.getUint32(20, true) * 2 ** 32}}`;
}

const infoOut: ArgPrinter = (c, i) =>
  afterExit(c, c.arg(i), () => {
    const b = c.memory(c.arg(i), 128);
    return b.length < 128 ? pointer(c.arg(i)) : siginfoText(b);
  });

export const signalPrinters: PrinterTable = {
  rt_sigaction: { 1: (c) => action(c, c.arg(1)), 2: (c) => afterExit(c, c.arg(2), () => action(c, c.arg(2))) },
  rt_sigprocmask: { 0: how, 1: (c) => sigset(c, c.arg(1)), 2: (c) => afterExit(c, c.arg(2), () => sigset(c, c.arg(2))) },
  rt_sigreturn: {
    0: (c) => {
      const sp = c.k.machine.cpu.get(4);
      const v = c.view(sp + 0x128, 8);
      return v ? `{mask=${sigsetText(v.getUint32(0, true), v.getUint32(4, true))}}` : pointer(sp);
    },
  },
  sigaltstack: {
    0: (c) => (c.arg(0) === 0 ? "NULL" : altStack(c, c.arg(0))),
    1: (c) => afterExit(c, c.arg(1), () => altStack(c, c.arg(1))),
  },
  rt_sigtimedwait: { 1: infoOut },
  rt_sigqueueinfo: { 1: (c) => signalText(c.arg(1)), 2: (c) => siginfoText(c.memory(c.arg(2), 128)) },
};
