import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { A, syscall } from "@lstar/kernel/syscall/declare.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { printArgument } from "../arguments.ts";
import { Call } from "../call.ts";
import { defaultStraceOptions } from "../tracer.ts";

const args = { fd: A.fd, opcode: A.uint, arg: A.ptr, nr: A.uint };
const register = syscall("io_uring_register", args, () => 0, { linux: "" });
const enter = syscall("io_uring_enter", { fd: A.fd, to: A.uint, min: A.uint, flags: A.uint, arg: A.ptr, size: A.size }, () => 0, {
  linux: "",
});
const setup = syscall("io_uring_setup", { entries: A.uint, params: A.ptr }, () => 0, { linux: "" });
const BASE = 0x1000;

/** Memory of 32-bit words from 0x1000 on. */
const words = (...w: number[]): Uint8Array => new Uint8Array(Uint32Array.from(w).buffer);

function call(def: typeof register, values: number[], memory: Uint8Array): Call {
  const read = (_k: Kernel, _t: Task, at: number, n: number): Uint8Array =>
    at < BASE ? new Uint8Array(0) : memory.subarray(at - BASE, Math.min(memory.length, at - BASE + n));
  return new Call(null as unknown as Kernel, null as unknown as Task, def, values, defaultStraceOptions, read, () => null);
}

/** The third argument of io_uring_register. */
function registered(op: number, memory: Uint8Array, n = 1): string | null {
  return printArgument(call(register, [3, op, BASE, n], memory), 2);
}

test.each([
  [
    24,
    words(42, 0, 1, 3, 1, 0, 500, 0, 22, ...Array(7).fill(0)),
    1,
    "{addr=0x2a, fd=1, flags=IORING_ASYNC_CANCEL_ALL|IORING_ASYNC_CANCEL_FD, timeout={tv_sec=1, tv_nsec=500}, opcode=IORING_OP_READ}",
  ],
  [25, words(4, 16, 0, 0), 1, "{off=4, len=16}"],
  [
    27,
    words(10, 0x0001, 1, 0),
    1,
    "{busy_poll_to=0xa, prefer_busy_poll=0x1, opcode=IO_URING_NAPI_REGISTER_OP, op_param=IO_URING_NAPI_TRACKING_STATIC}",
  ],
  [29, words(1, 0, 0, 0), 0, "{clockid=CLOCK_MONOTONIC}"],
  [30, words(5, 1, 2, 3, 4, 0, 0, 0), 1, "{src_fd=5, flags=IORING_REGISTER_SRC_REGISTERED, src_off=2, dst_off=3, nr=4}"],
  [
    33,
    words(8, 16, 8, 0, 0, ...Array(25).fill(0)),
    1,
    "{flags=IORING_SETUP_CQSIZE, sq_thread_cpu=0, sq_thread_idle=0, sq_entries=8, cq_entries=16}",
  ],
  [34, words(0x2000, 0, 1, 0, 0, 0, 0, 0), 1, "{region_uptr=0x2000, flags=IORING_MEM_REGION_REG_WAIT_ARG}"],
] as const)("io_uring_register %i: what later versions of strace say", (op, memory, n, text) => {
  expect(registered(op, memory, n)).toBe(text);
});

test("io_uring_register 35: a list of queries, with what the kernel has filled in", () => {
  const next = BASE + 40;
  const memory = words(next, 0, BASE + 80, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, -22, 0, 0, 0, 62, 36, 1, 0, 2, 0, 1, 0, 1, 0, 1, 0);
  const c = call(register, [-1, 35, BASE, 0], memory);
  expect(printArgument(c, 2)).toBeNull();
  c.ret = 0;
  expect(printArgument(c, 2)).toBe(
    "{query_data=0x1050, query_op=IO_URING_QUERY_OPCODES, size=48, result=0, query_data={nr_request_opcodes=62, nr_register_opcodes=36, " +
      "feature_flags=IORING_FEAT_SINGLE_MMAP, ring_setup_flags=IORING_SETUP_SQPOLL, enter_flags=IORING_ENTER_GETEVENTS, " +
      "sqe_flags=IOSQE_FIXED_FILE, nr_query_opcodes=1}, next_entry={query_data=NULL, query_op=0x7 /* IO_URING_QUERY_??? */, size=0, " +
      "result=-22, next_entry=NULL}}",
  );
});

test("io_uring_register on a ring of the task's own table", () => {
  const c = call(register, [0, 0x80000008, 0, 0], words());
  expect([0, 1, 2, 3].map((i) => printArgument(c, i))).toEqual([
    "0",
    "IORING_REGISTER_PROBE|IORING_REGISTER_USE_REGISTERED_RING",
    "NULL",
    "0",
  ]);
});

test("io_uring_enter with the extended argument", () => {
  // The set and the time lie behind the struct.
  const memory = words(BASE + 24, 0, 8, 7, BASE + 32, 0, 1 << 9, 0, 2, 0, 5, 0);
  expect(printArgument(call(enter, [3, 1, 1, 9, BASE, 24], memory), 4)).toBe(
    "{sigmask=[USR1], sigmask_sz=8, min_wait_usec=7, ts={tv_sec=2, tv_nsec=5}}",
  );
});

test("whatever a program hands in prints, and is bounded", () => {
  const any = fc.uint8Array({ maxLength: 300 });
  const number = fc.oneof(fc.nat(64), fc.integer({ min: BASE - 8, max: BASE + 400 }), fc.integer({ min: 0, max: 0xffffffff }));
  fc.assert(
    fc.property(any, fc.nat(40), number, number, fc.constantFrom(undefined, 0, 3, -22), (memory, op, at, n, ret) => {
      for (const c of [
        call(register, [3, op, at, n], memory),
        call(setup, [n, at], memory),
        call(enter, [3, n, n, op, at, n % 32], memory),
      ]) {
        for (let i = 0; i < c.def.args.length; i++) printArgument(c, i);
        c.ret = ret ?? 0;
        for (let i = 0; i < c.def.args.length; i++) expect((printArgument(c, i) ?? "").length).toBeLessThan(40_000);
      }
    }),
    { numRuns: 500 },
  );
});
