import { syscallNames } from "@lstar/kernel/arch/x86/entry/syscallNames.ts";
import { enumNames, flagNames } from "@lstar/kernel/syscall/declare.ts";
import { errnoName } from "@lstar/kernel/uapi/errno.ts";
import { seccompFilterFlagNames } from "@lstar/kernel/uapi/seccomp.ts";
import type { ArgPrinter, Call } from "../call.ts";
import { enumText, flagsText, hex, pointer } from "../text.ts";
import { actionText, fprogText } from "./bpf.ts";
import type { PrinterTable } from "./index.ts";

export const seccompModes = enumNames("SECCOMP_MODE_???", { SECCOMP_MODE_DISABLED: 0, SECCOMP_MODE_STRICT: 1, SECCOMP_MODE_FILTER: 2 });
const notifFlags = flagNames("SECCOMP_USER_NOTIF_FLAG_???", { SECCOMP_USER_NOTIF_FLAG_CONTINUE: 1 });
const addfdFlags = flagNames("SECCOMP_ADDFD_FLAG_???", { SECCOMP_ADDFD_FLAG_SETFD: 1, SECCOMP_ADDFD_FLAG_SEND: 2 });
const newfdFlags = flagNames("O_???", { O_CLOEXEC: 0o2000000 });

/** "__NR_getppid". */
export function numberText(nr: number): string {
  const name = syscallNames[nr];
  return name ? `__NR_${name}` : hex(nr < 0 ? nr + 2 ** 32 : nr);
}

/** Exact hexadecimal of 64 bits in a view. */
export function hex64(v: DataView, at: number): string {
  const n = v.getBigUint64(at, true);
  return n === 0n ? "0" : `0x${n.toString(16)}`;
}

/** An address in a view. */
export function pointer64(v: DataView, at: number): string {
  const n = v.getBigUint64(at, true);
  return n === 0n ? "NULL" : `0x${n.toString(16)}`;
}

const third: ArgPrinter = (c, i) => {
  const at = c.arg(i);
  switch (c.arg(0)) {
    case 1:
      return fprogText(c, at);
    case 2: {
      const action = at === 0 ? null : c.i32(at);
      return action === null ? pointer(at) : `[${actionText(action)}]`;
    }
    case 3: {
      if (!c.exiting) return at === 0 ? "NULL" : null;
      const v = c.failed ? null : c.view(at, 6);
      if (!v) return pointer(at);
      return `{seccomp_notif=${v.getUint16(0, true)}, seccomp_notif_resp=${v.getUint16(2, true)}, seccomp_data=${v.getUint16(4, true)}}`;
    }
    default:
      return pointer(at);
  }
};

/** prctl(PR_SET_SECCOMP): arguments from the second on. */
export function prctlSeccomp(c: Call, i: number): string {
  if (i === 1) return enumText(seccompModes, c.arg(1));
  if (c.arg(1) === 1) return "";
  if (c.arg(1) === 2) return i === 2 ? fprogText(c, c.arg(2)) : "";
  return hex(c.arg(i));
}

export const seccompRequests: Record<number, string> = {
  3226476800: "SECCOMP_IOCTL_NOTIF_RECV",
  3222806785: "SECCOMP_IOCTL_NOTIF_SEND",
  1074274562: "SECCOMP_IOCTL_NOTIF_ID_VALID",
  2148016386: "SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR",
  1075323139: "SECCOMP_IOCTL_NOTIF_ADDFD",
};

/** The argument of a listener's ioctl; undefined for other requests, null once the call has returned. */
export function seccompIoctl(c: Call, request: number, at: number): string | null | undefined {
  switch (request) {
    case 0xc0502100: {
      if (!c.exiting) return at === 0 ? "NULL" : null;
      const v = c.failed ? null : c.view(at, 80);
      if (!v) return pointer(at);
      const args = Array.from({ length: 6 }, (_, i) => hex64(v, 32 + 8 * i));
      return (
        `{id=${hex64(v, 0)}, pid=${v.getInt32(8, true)}, flags=${hex(v.getUint32(12, true))}, data={nr=${numberText(v.getInt32(16, true))}, ` +
        `arch=AUDIT_ARCH_X86_64, instruction_pointer=${pointer64(v, 24)}, args=[${args.join(", ")}]}}`
      );
    }
    case 0xc0182101: {
      const v = at === 0 ? null : c.view(at, 24);
      if (!v) return pointer(at);
      const error = v.getInt32(16, true);
      const text = error < 0 && errnoName[-error] ? `-${errnoName[-error]}` : String(error);
      return `{id=${hex64(v, 0)}, val=${v.getBigInt64(8, true)}, error=${text}, flags=${flagsText(notifFlags, v.getUint32(20, true))}}`;
    }
    case 0x40082102:
    case 0x80082102: {
      const v = at === 0 ? null : c.view(at, 8);
      return v ? `[${hex64(v, 0)}]` : pointer(at);
    }
    case 0x40182103: {
      const v = at === 0 ? null : c.view(at, 24);
      if (!v) return pointer(at);
      return (
        `{id=${hex64(v, 0)}, flags=${flagsText(addfdFlags, v.getUint32(8, true))}, srcfd=${c.fd(v.getInt32(12, true))}, ` +
        `newfd=${v.getInt32(16, true)}, newfd_flags=${flagsText(newfdFlags, v.getUint32(20, true))}}`
      );
    }
    default:
      return undefined;
  }
}

const operations = enumNames("SECCOMP_SET_MODE_???", {
  SECCOMP_SET_MODE_STRICT: 0,
  SECCOMP_SET_MODE_FILTER: 1,
  SECCOMP_GET_ACTION_AVAIL: 2,
  SECCOMP_GET_NOTIF_SIZES: 3,
});

export const seccompPrinters: PrinterTable = {
  seccomp: {
    0: (c) => enumText(operations, c.arg(0)),
    // Only filters have flags with names.
    1: (c) => (c.arg(0) === 1 ? flagsText(seccompFilterFlagNames, c.arg(1)) : hex(c.arg(1))),
    2: third,
  },
};
