import { join } from "node:path";
import { expect, it } from "vitest";
import { compile, lstar, root } from "../native.ts";

/**
 * Records of the audit system, as the host's kernel writes them. What is expected here was seen on Linux 6.18; it is
 * not asked for again, since the host limits how many it writes, and rules would concern all of it.
 */
const unset = "4294967295";

async function records(name: string): Promise<string[]> {
  const program = await compile(join(root, "tests/programs", `${name}.c`), ["-O1", "-static"]);
  const r = await lstar(["run", "--cwd", "/tmp", program]);
  expect(r.stderr).toBe("");
  return r.stdout.trimEnd().split("\n");
}

it("verdicts of seccomp are logged: deaths and RET_LOG always, others where a filter asks for it", { timeout: 60_000 }, async () => {
  const line = (sig: number, code: string): string =>
    `  audit: type=1326 audit( auid=${unset} uid=0 gid=0 ses=${unset} comm 1 exe 1 sig=${sig} arch=c000003e syscall=110 compat=0 ip 0x code=${code}`;
  expect(await records("seccomp-log")).toEqual([
    "verdict:",
    line(31, "0x80000000"),
    "verdict:",
    line(0, "0x7ffc0000"),
    "verdict:",
    "verdict of a filter that logs:",
    line(0, "0x50000"),
    "allowed:",
    "strict:",
    line(9, "0x0"),
  ]);
});

it("a rule makes records of the calls that it names", { timeout: 60_000 }, async () => {
  const lines = (await records("audited")).map((l) => l.replace(/\b(ppid|pid|a\d)=\w+/g, "$1=N").replace(/"\/\S*"/, "PATH"));
  const event = (n: number): string[] => lines.filter((l) => l.includes(`:${n}): `)).map((l) => l.replace(/audit\([\d.:]+\)/, "audit(S)"));
  const call = (success: string, exit: number): string =>
    `audit: type=1300 audit(S): arch=c000003e syscall=83 success=${success} exit=${exit} a0=N a1=N a2=N a3=N items=0 ppid=N pid=N auid=1000 uid=0 ` +
    `gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm=COMM exe=PATH key="made"`;
  const comm = (l: string): string => l.replace(/comm="[^"]*"/, "comm=COMM");
  expect(event(1).map(comm)).toEqual([
    call("yes", 0),
    "audit: type=1307 audit(S): cwd=PATH",
    expect.stringMatching(/^audit: type=1327 audit\(S\): proctitle=/),
  ]);
  expect(event(2).map(comm)[0]).toBe(call("no", -17));
  expect(event(3).map(comm)[0]).toBe(call("yes", 0));
  expect(event(4)).toEqual([`audit: type=1107 audit(S): pid=N uid=0 auid=1000 ses=1 msg='op=hello'`]);
  expect(event(5)).toEqual([`audit: type=1305 audit(S): auid=1000 ses=1 op=remove_rule key="made" list=4 res=1`]);
});
