import "./opTable.ts";
import { A, enumNames, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import * as U from "../uapi/ioUring.ts";
import { sysIoUringEnter } from "./enter.ts";
import { sysIoUringRegister } from "./register.ts";
import { sysIoUringSetup } from "./setup.ts";

/** Constants of a prefix, by name. */
const named = (prefix: string, without: readonly string[] = []): Record<string, number> =>
  Object.fromEntries(
    Object.entries(U).filter(([name, value]) => name.startsWith(prefix) && typeof value === "number" && !without.includes(name)),
  ) as Record<string, number>;

const enterNames = flagNames("IORING_ENTER_???", named("IORING_ENTER_"));
const registerNames = enumNames("IORING_REGISTER_???", {
  ...named("IORING_REGISTER_", ["IORING_REGISTER_LAST", "IORING_REGISTER_FILES_SKIP", "IORING_REGISTER_USE_REGISTERED_RING"]),
  ...named("IORING_UNREGISTER_"),
});

export const ioUringSyscalls: SyscallDef[] = [
  syscall("io_uring_setup", { entries: A.uint, p: A.ptr }, sysIoUringSetup, { linux: "io_uring/io_uring.c io_uring_setup", ret: "fd" }),
  syscall(
    "io_uring_enter",
    {
      fd: { ...A.fd, width: "u32" },
      to_submit: A.uint,
      min_complete: A.uint,
      flags: A.flags(enterNames, "u32"),
      argp: A.ptr,
      argsz: A.size,
    },
    sysIoUringEnter,
    { linux: "io_uring/io_uring.c io_uring_enter", eintr: (_fd, _n, min, flags) => min > 0 && (flags & U.IORING_ENTER_GETEVENTS) !== 0 },
  ),
  syscall(
    "io_uring_register",
    { fd: { ...A.fd, width: "u32" }, opcode: A.enum(registerNames, "u32"), arg: A.ptr, nr_args: A.uint },
    sysIoUringRegister,
    { linux: "io_uring/register.c io_uring_register" },
  ),
];
