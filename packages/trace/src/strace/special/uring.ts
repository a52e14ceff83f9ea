import { flagNames, type NameTable } from "@lstar/kernel/syscall/declare.ts";
import {
  uringCancelFlags,
  uringCloneFlags,
  uringEnterFlags,
  uringFeatures,
  uringOps,
  uringRegisterOps,
  uringSetupFlags,
  uringSqeFlags,
} from "../../uring/names.ts";
import { iovec, sigset } from "../arguments.ts";
import type { ArgPrinter, Call } from "../call.ts";
import { flagsText, hex, pointer } from "../text.ts";
import type { PrinterTable } from "./index.ts";
import { cpuMaskText } from "./process.ts";
import { hex64, pointer64 } from "./seccomp.ts";
import { clockText, timespecText } from "./time.ts";
import { queryText, zcrxText } from "./uringQuery.ts";

/** Longest array shown. */
const MOST = 32;
const USE_REGISTERED_RING = 0x80000000;
const ENTER_EXT_ARG = 8;
const ENTER_EXT_ARG_REG = 64;
const SETUP_ATTACH_WQ = 32;
const PARAMS = 120;

const rsrcFlags = flagNames("IORING_RSRC_REGISTER_???", { IORING_RSRC_REGISTER_SPARSE: 1 });
const opFlags = flagNames("IO_URING_OP_???", { IO_URING_OP_SUPPORTED: 1 });
const regionFlags = flagNames("IORING_MEM_REGION_REG_???", { IORING_MEM_REGION_REG_WAIT_ARG: 1 });
const restrictionOps = ["REGISTER_OP", "SQE_OP", "SQE_FLAGS_ALLOWED", "SQE_FLAGS_REQUIRED"];
const napiOps = ["REGISTER_OP", "STATIC_ADD_ID", "STATIC_DEL_ID"];
const napiTracking = ["DYNAMIC", "STATIC", "INACTIVE"];

/** A name out of a list by number, else the number. Unsigned values print in decimal, as strace does. */
function named(prefix: string, names: readonly string[], value: number, decimal = false): string {
  const name = names[value];
  return name === undefined ? `${decimal ? value : hex(value)} /* ${prefix}??? */` : prefix + name;
}
const opText = (op: number): string => named("IORING_OP_", uringOps, op, true);
const u64 = (v: DataView, at: number): number => v.getUint32(at, true) + v.getUint32(at + 4, true) * 2 ** 32;

/** ", name=value" of a reserved word that should have been zero. */
function reserved(v: DataView, name: string, at: number, words = 1): string {
  const values = Array.from({ length: words }, (_, i) => v.getUint32(at + 4 * i, true));
  if (values.every((w) => w === 0)) return "";
  return `, ${name}=${words === 1 ? hex(values[0] as number) : `[${values.map(hex).join(", ")}]`}`;
}

/** What stands at an address, or the address if not all of it can be read. */
function structAt(c: Call, at: number, size: number, print: (v: DataView) => string): string {
  const v = at === 0 ? null : c.view(at, size);
  return v ? print(v) : pointer(at);
}

/** An array in memory: [a, b, ...]. */
function array(c: Call, at: number, count: number, size: number, print: (v: DataView, i: number) => string): string {
  if (at === 0) return "NULL";
  if (count === 0) return "[]";
  const out: string[] = [];
  for (let i = 0; i < Math.min(count, MOST); i++) {
    const v = c.view(at + i * size, size);
    if (!v) return i === 0 ? pointer(at) : `[${out.join(", ")}, ... /* ${pointer(at + i * size)} */]`;
    out.push(print(v, i));
  }
  if (count > MOST) out.push("...");
  return `[${out.join(", ")}]`;
}

const fds = (c: Call, at: number, count: number): string => array(c, at, count, 4, (v) => c.fd(v.getInt32(0, true)));
/** -2 leaves what is there. */
const newFds = (c: Call, at: number, count: number): string =>
  array(c, at, count, 4, (v) => (v.getInt32(0, true) === -2 ? "IORING_REGISTER_FILES_SKIP" : c.fd(v.getInt32(0, true))));
const tags = (c: Call, at: number, count: number): string => array(c, at, count, 8, (v) => hex64(v, 0));

/** What the caller has filled in, without the brace that closes it. */
function paramsIn(c: Call, v: DataView): string {
  const flags = v.getUint32(8, true);
  const wq = flags & SETUP_ATTACH_WQ ? `, wq_fd=${c.fd(v.getInt32(24, true))}` : "";
  return (
    `{flags=${flagsText(uringSetupFlags, flags)}, sq_thread_cpu=${hex(v.getUint32(12, true))}, sq_thread_idle=${v.getUint32(16, true)}` +
    `${wq}${reserved(v, "resv", 28, 3)}`
  );
}

function offsets(v: DataView, at: number, names: readonly string[]): string {
  return `{${names.map((n, i) => `${n}=${v.getUint32(at + 4 * i, true)}`).join(", ")}${reserved(v, "resv1", at + 28)}}`;
}

function paramsOut(v: DataView): string {
  return (
    `, sq_entries=${v.getUint32(0, true)}, cq_entries=${v.getUint32(4, true)}, features=${flagsText(uringFeatures, v.getUint32(20, true))}` +
    `, sq_off=${offsets(v, 40, ["head", "tail", "ring_mask", "ring_entries", "flags", "dropped", "array"])}` +
    `, cq_off=${offsets(v, 80, ["head", "tail", "ring_mask", "ring_entries", "overflow", "cqes", "flags"])}`
  );
}

/** As given, until the kernel has filled in the rest. */
const given = new WeakMap<Call, string>();
const params: ArgPrinter = (c, i) => {
  const at = c.arg(i);
  if (!c.exiting) {
    const v = at === 0 ? null : c.view(at, PARAMS);
    if (!v) return pointer(at);
    given.set(c, paramsIn(c, v));
    return null;
  }
  const before = given.get(c) ?? structAt(c, at, PARAMS, (v) => paramsIn(c, v));
  return `${before}${c.failed ? "" : structAt(c, at, PARAMS, paramsOut)}}`;
};

/** The last two arguments of io_uring_enter: a set of signals, or with EXT_ARG a struct that has it and a timeout. */
const waitArgument: ArgPrinter = (c, i) => {
  const at = c.arg(i);
  const flags = c.arg(3);
  const extended = flags & (ENTER_EXT_ARG | ENTER_EXT_ARG_REG);
  if (extended === ENTER_EXT_ARG_REG) return String(at);
  if (extended === ENTER_EXT_ARG)
    return structAt(c, at, 24, (v) => {
      const size = v.getUint32(8, true);
      const set = u64(v, 0);
      return (
        `{sigmask=${size === 8 ? sigset(c, set) : pointer(set)}, sigmask_sz=${size}, min_wait_usec=${v.getUint32(12, true)}` +
        `, ts=${timespecText(c, u64(v, 16))}}`
      );
    });
  return c.arg(i + 1) === 8 ? sigset(c, at) : pointer(at);
};

function probe(c: Call, at: number, count: number): string | null {
  const size = 16 + 8 * count;
  const text = (v: DataView, ops: number, cut: boolean): string => {
    const shown = Array.from({ length: Math.min(ops, MOST) }, (_, i) => {
      const p = 16 + 8 * i;
      const flags = flagsText(opFlags, v.getUint16(p + 2, true));
      const resv = v.getUint8(p + 1) ? `, resv=${hex(v.getUint8(p + 1))}` : "";
      return `{op=${opText(v.getUint8(p))}${resv}, flags=${flags}${reserved(v, "resv2", p + 4)}}`;
    });
    if (cut || ops > MOST) shown.push("...");
    const resv = v.getUint16(2, true) ? `, resv=${hex(v.getUint16(2, true))}` : "";
    return `{last_op=${opText(v.getUint8(0))}, ops_len=${v.getUint8(1)}${resv}${reserved(v, "resv2", 4, 3)}, ops=[${shown.join(", ")}]}`;
  };
  if (count > 256) return pointer(at);
  const before = given.get(c);
  if (!c.exiting) {
    const v = at === 0 ? null : c.view(at, size);
    if (!v) return pointer(at);
    const filled = new Uint8Array(v.buffer, v.byteOffset, size).some((b) => b !== 0);
    if (filled) given.set(c, text(v, count, false));
    return null;
  }
  if (c.failed) return before ?? pointer(at);
  const now = structAt(c, at, size, (v) => text(v, Math.min(v.getUint8(1), count), count < v.getUint8(1)));
  return before === undefined ? now : `${before} => ${now}`;
}

const restriction = (v: DataView): string => {
  const op = v.getUint16(0, true);
  const value = v.getUint8(2);
  let what: string;
  if (op === 0) what = `, register_op=${named("IORING_", uringRegisterOps, value)}`;
  else if (op === 1) what = `, sqe_op=${named("IORING_OP_", uringOps, value)}`;
  else if (op < 4) what = `, sqe_flags=${flagsText(uringSqeFlags, value)}`;
  else what = ` /* op: ${hex(value)} */`;
  const resv = v.getUint8(3) ? `, resv=${hex(v.getUint8(3))}` : "";
  return `{opcode=${named("IORING_RESTRICTION_", restrictionOps, op)}${what}${resv}${reserved(v, "resv2", 4, 3)}}`;
};

/** Bytes behind a struct that are not zero, as a larger struct of a later kernel would have them. */
function more(c: Call, at: number, from: number, size: number): string {
  const rest = size > from ? c.memory(at + from, Math.min(size, 4096) - from) : new Uint8Array(0);
  if (rest.every((b) => b === 0)) return "";
  return `, /* bytes ${from}..${from + rest.length - 1} */ "${Array.from(rest, (b) => `\\x${b.toString(16).padStart(2, "0")}`).join("")}"`;
}

type Data = (c: Call, at: number, count: number) => string;
const buffers: Data = (c, at, count) => iovec(c, at, count, -1);

/** struct io_uring_rsrc_register */
const register =
  (data: Data): ((c: Call, at: number, size: number) => string) =>
  (c, at, size) => {
    if (size < 32) return pointer(at);
    return structAt(c, at, 32, (v) => {
      const nr = v.getUint32(0, true);
      const resv = u64(v, 8) ? `, resv2=${hex64(v, 8)}` : "";
      return (
        `{nr=${nr}, flags=${flagsText(rsrcFlags, v.getUint32(4, true))}${resv}, data=${data(c, u64(v, 16), nr)}` +
        `, tags=${tags(c, u64(v, 24), nr)}${more(c, at, 32, size)}}`
      );
    });
  };

/** struct io_uring_rsrc_update2 */
const update =
  (data: Data): ((c: Call, at: number, size: number) => string) =>
  (c, at, size) => {
    if (size < 32) return pointer(at);
    return structAt(c, at, 32, (v) => {
      const nr = v.getUint32(24, true);
      return (
        `{offset=${v.getUint32(0, true)}${reserved(v, "resv", 4)}, data=${data(c, u64(v, 8), nr)}, tags=${tags(c, u64(v, 16), nr)}` +
        `, nr=${nr}${reserved(v, "resv2", 28)}${more(c, at, 32, size)}}`
      );
    });
  };

/** struct io_uring_files_update */
const filesUpdate = (c: Call, at: number, count: number): string =>
  structAt(c, at, 16, (v) => `{offset=${v.getUint32(0, true)}${reserved(v, "resv", 4)}, fds=${newFds(c, u64(v, 8), count)}}`);

function workers(c: Call, at: number, count: number): string | null {
  const text = (): string =>
    array(c, at, count, 4, (v, i) => `[${named("IO_WQ_", ["BOUND", "UNBOUND"], i, true)}]=${v.getUint32(0, true)}`);
  if (!c.exiting) {
    if (count === 0) return at === 0 ? "NULL" : "[]";
    if (at === 0 || !c.view(at, 4)) return pointer(at);
    given.set(c, text());
    return null;
  }
  return `${given.get(c) ?? ""} => ${c.failed ? pointer(at) : text()}`;
}

const ringFds = (c: Call, at: number, count: number): string =>
  array(c, at, count, 16, (v) => {
    const offset = v.getUint32(0, true) === 0xffffffff ? -1 : v.getUint32(0, true);
    return `{offset=${offset}${reserved(v, "resv", 4)}, data=${c.fd(v.getInt32(8, true))}}`;
  });
const ringFdsOut = (c: Call, at: number, count: number): string =>
  array(c, at, count, 16, (v) => {
    const data = u64(v, 8) ? `, data=${hex64(v, 8)}` : "";
    return `{offset=${v.getUint32(0, true)}${reserved(v, "resv", 4)}${data}}`;
  });

/** A struct that is taken one at a time. */
const single =
  (size: number, print: (c: Call, v: DataView) => string, count = 1): Data =>
  (c, at, n) =>
    n === count ? structAt(c, at, size, (v) => print(c, v)) : pointer(at);

const bufferRing = single(40, (_c, v) => {
  const flags = v.getUint16(14, true) ? `, flags=${hex(v.getUint16(14, true))}` : "";
  return `{ring_addr=${pointer64(v, 0)}, ring_entries=${v.getUint32(8, true)}, bgid=${v.getUint16(12, true)}${flags}${reserved(v, "min_left", 16)}${reserved(v, "resv", 20, 5)}}`;
});

const syncCancel = single(64, (c, v) => {
  const second = (at: number): string => String(v.getBigInt64(at, true));
  return (
    `{addr=${pointer64(v, 0)}, fd=${c.fd(v.getInt32(8, true))}, flags=${flagsText(uringCancelFlags, v.getUint32(12, true))}` +
    `, timeout={tv_sec=${second(16)}, tv_nsec=${second(24)}}, opcode=${named("IORING_OP_", uringOps, v.getUint8(32))}}`
  );
});
/** The kernel wants no count with it. */
const fileRange = (c: Call, at: number, n: number): string => (n > 1 ? pointer(at) : structAt(c, at, 16, rangeText));
const rangeText = (v: DataView): string => {
  const resv = u64(v, 8) ? `, resv=${hex64(v, 8)}` : "";
  return `{off=${v.getUint32(0, true)}, len=${v.getUint32(4, true)}${resv}}`;
};
const napi = (_c: Call, v: DataView): string => {
  const op = v.getUint8(5);
  const param = v.getUint32(8, true);
  const what = op === 0 ? named("IO_URING_NAPI_TRACKING_", napiTracking, param) : hex(param);
  return `{busy_poll_to=${hex(v.getUint32(0, true))}, prefer_busy_poll=${hex(v.getUint8(4))}, opcode=${named("IO_URING_NAPI_", napiOps, op)}, op_param=${what}${reserved(v, "resv", 12)}}`;
};
const clock = single(16, (_c, v) => `{clockid=${clockText(v.getInt32(0, true))}${reserved(v, "__resv", 4, 3)}}`, 0);
const clone = single(32, (c, v) => {
  const word = (at: number): number => v.getUint32(at, true);
  return `{src_fd=${c.fd(v.getInt32(0, true))}, flags=${flagsText(uringCloneFlags, word(4))}, src_off=${word(8)}, dst_off=${word(12)}, nr=${word(16)}${reserved(v, "pad", 20, 3)}}`;
});
/** The entry that is sent: what matters of it. */
const message = single(64, (c, v) => {
  return `{opcode=${opText(v.getUint8(0))}, flags=${flagsText(uringSqeFlags, v.getUint8(1))}, fd=${c.fd(v.getInt32(4, true))}, off=${u64(v, 8)}, addr=${pointer64(v, 16)}, len=${v.getUint32(24, true)}, user_data=${hex64(v, 32)}}`;
});
const resize = single(PARAMS, (c, v) => `${paramsIn(c, v)}, sq_entries=${v.getUint32(0, true)}, cq_entries=${v.getUint32(4, true)}}`);
const region = single(32, (_c, v) => `{region_uptr=${pointer64(v, 0)}, flags=${flagsText(regionFlags, v.getUint32(8, true))}}`);

/** Only known when the call is over. */
const afterwards =
  (print: Data): ((c: Call, at: number, n: number) => string | null) =>
  (c, at, n) =>
    n !== 1 ? pointer(at) : !c.exiting ? null : c.failed ? pointer(at) : print(c, at, n);
const ringStatus = single(
  40,
  (_c, v) => `{buf_group=${hex(v.getUint32(0, true))}, head=${hex(v.getUint32(4, true))}${reserved(v, "resv", 8, 8)}}`,
);

/** The third argument of io_uring_register, by opcode. What is not here takes none, or one that is shown as an address. */
const registerArguments: Readonly<Record<number, (c: Call, at: number, count: number) => string | null>> = {
  0: buffers,
  2: fds,
  4: fds,
  6: filesUpdate,
  7: fds,
  8: probe,
  11: (c, at, n) => array(c, at, n, 16, restriction),
  13: register(fds),
  14: update(newFds),
  15: register(buffers),
  16: update(buffers),
  17: (c, at, n) => (n === 0 && at !== 0 ? "[]" : cpuMaskText(c, at, n)),
  19: workers,
  20: ringFds,
  21: ringFdsOut,
  22: bufferRing,
  23: bufferRing,
  24: syncCancel,
  25: fileRange,
  26: afterwards(ringStatus),
  27: single(16, napi),
  28: afterwards(single(16, napi)),
  29: clock,
  30: clone,
  31: message,
  32: single(96, (_c, v) => zcrxText(v)),
  33: resize,
  34: region,
  35: (c, at, n) => (n !== 0 ? pointer(at) : c.exiting ? queryText(c, at) : null),
};

const flags =
  (names: NameTable): ArgPrinter =>
  (c, i) =>
    flagsText(names, c.arg(i) >>> 0);

export const uringPrinters: PrinterTable = {
  io_uring_setup: { 0: (c) => String(c.arg(0) >>> 0), 1: params },
  io_uring_enter: {
    0: (c) => c.fd(c.arg(0) | 0),
    1: (c) => String(c.arg(1) >>> 0),
    2: (c) => String(c.arg(2) >>> 0),
    3: flags(uringEnterFlags),
    4: waitArgument,
  },
  io_uring_register: {
    // With the flag it is an index of the task's own table of rings.
    0: (c) => (c.arg(1) >>> 0 >= USE_REGISTERED_RING ? String(c.arg(0) >>> 0) : c.fd(c.arg(0) | 0)),
    1: (c) => {
      const op = c.arg(1) >>> 0;
      const name = named("IORING_", uringRegisterOps, op % USE_REGISTERED_RING).replace("IORING_???", "IORING_REGISTER_???");
      return op >= USE_REGISTERED_RING ? `${name}|IORING_REGISTER_USE_REGISTERED_RING` : name;
    },
    2: (c) => {
      const print = registerArguments[(c.arg(1) >>> 0) % USE_REGISTERED_RING];
      return print ? print(c, c.arg(2), c.arg(3) >>> 0) : pointer(c.arg(2));
    },
    3: (c) => String(c.arg(3) >>> 0),
  },
};
