import { expect, test } from "vitest";
import "../../../kernel.ts";
import { syscallNames, syscallNumbers } from "./syscallNames.ts";
import { sysCallTable } from "./syscallTable.ts";

test("numbers and names agree with syscall_64.tbl", () => {
  expect(syscallNames[0]).toBe("read");
  expect(syscallNames[59]).toBe("execve");
  expect(syscallNames[202]).toBe("futex");
  expect(syscallNames[334]).toBe("rseq");
  expect(syscallNames[335]).toBeUndefined();
  expect(syscallNames[424]).toBe("pidfd_send_signal");
  expect(syscallNames[449]).toBe("futex_waitv");
  expect(syscallNames[462]).toBe("mseal");
  expect(syscallNames.length).toBe(463);
  expect(syscallNumbers.get("openat2")).toBe(437);
});

test("every declared call is in the table under its name, with at most six arguments", () => {
  sysCallTable.forEach((def, nr) => {
    if (!def) return;
    expect(syscallNames[nr]).toBe(def.name);
    expect(def.args.length).toBeLessThanOrEqual(6);
    expect(def.linux).toMatch(/^[\w/.-]+\.[ch] \w+/);
  });
  for (const name of ["clone3", "rt_sigreturn", "futex", "wait4", "nanosleep", "prctl", "rt_sigtimedwait"]) {
    expect(sysCallTable[syscallNumbers.get(name) as number], name).toBeTruthy();
  }
});
