import { join } from "node:path";
import { sysCallTable, syscallNames } from "@lstar/kernel";
import { parseInjection } from "@lstar/trace";
import { expect, it } from "vitest";
import { compile, lstar, need, root, run } from "../native.ts";

const program = (name: string, ...more: string[]): Promise<string> =>
  compile(join(root, "tests/explore", `${name}.c`), ["-O1", "-static", ...more]);

/** A trace without what differs from run to run, and without what strace says of its own failures. */
const lines = (text: string): string[] =>
  text
    .split("\n")
    .filter((l) => l !== "" && !/^\S*strace: /.test(l))
    .map((l) => l.replace(/0x[0-9a-f]{5,}/g, "ADDR").replace(/(getppid\(\)\s+= )\d+/, "$1N"));

const expressions = `
  read:signal=SIGUSR1:when=2   read:signal=10:error=EIO   read:signal=TERM:when=2   read:signal=9:when=4   read:signal=64:when=2
  read:signal=chld:when=4   read:signal=sys:when=4   read:signal=fpe:when=3   read:signal=segv:when=3   getppid:signal=usr1:delay_enter=2000
  read:delay_exit=1ms:when=3+   read:delay_enter=1ms:error=EIO:when=3+   write:delay_enter=0   read:delay_exit=1.5E1ms:delay_enter=.5
  write:poke_enter=@arg2=41424344   read:poke_exit=@arg2=41424344:when=3+   read:poke_exit=@arg2=41424344:error=EIO:when=3+
  read:poke_exit=@arg2=41424344:retval=3:when=3+   read:poke_exit=@arg2=4242:when=3   read:poke_enter=@arg1=41:when=2
  read:retval=3:syscall=getpid:when=3+   read:error=EIO:syscall=getpid:when=3+   read:syscall=getpid:delay_enter=1:when=1
  read:retval=3:signal=SIGTERM:when=4   read,write:signal=USR1:error=EINTR:poke_enter=@arg2=4142:delay_exit=1
  getppid:retval=-1   getppid:retval=0x1ffffffff   getppid:retval=010   write:retval=-1:when=4   getppid:error=600   getppid:error=eio   getppid:error=0512
  getppid::error=5:   read:when=1:when=2:error=5   exit_group:error=EIO   exit_group:signal=TERM`
  .trim()
  .split(/\s+/);

it("strace and lstar trace tamper alike", { timeout: 120_000 }, async () => {
  const file = await program("tampered");
  const strace = need("strace");
  for (const e of expressions) {
    const options = ["-e", "trace=read,write,getppid,exit_group", "-e", `inject=${e}`];
    const real = await run(strace, [...options, file]);
    const ours = await lstar(["trace", "--root", "/", ...options, file]);
    expect([e, ...lines(ours.stderr)]).toEqual([e, ...lines(real.stderr)]);
    expect([e, ours.stdout]).toEqual([e, real.stdout]);
  }
});

it("of several expressions the last that names a call has it; children are met if they are followed", { timeout: 60_000 }, async () => {
  const file = await program("tampered");
  for (const options of [
    ["-e", "inject=read,write:error=EIO:when=2", "-e", "inject=read:error=EINTR:when=3"],
    ["-e", "fault=read:when=2", "-e", "inject=getppid:retval=7"],
    ["-e", "fault=read:syscall=getpid:error=EIO:when=2", "-e", "inject=!read:delay_exit=1"],
  ]) {
    const all = ["-e", "trace=read,write,getppid,exit_group", ...options, file];
    expect(lines((await lstar(["trace", "--root", "/", ...all])).stderr)).toEqual(lines((await run(need("strace"), all)).stderr));
  }
  const shell = ["/bin/sh", "-c", "/usr/bin/env true; :"];
  for (const follow of [[], ["-f"]]) {
    const all = [...follow, "-e", "trace=execve", "-e", "inject=execve:error=EPERM:when=1", ...shell];
    const met = (text: string): number => text.split("\n").filter((l) => l.includes("INJECTED")).length;
    const real = await run(need("strace"), all);
    expect([follow, met((await lstar(["trace", "--root", "/", ...all])).stderr)]).toEqual([follow, met(real.stderr)]);
  }
});

/** strace refuses each; lstar too, with the same words and the reason. */
const wrong = `
  read read: :error=5 read:error=NOSUCH read:error=4096 read:error=0 read:error=0x5 read:error=ENOTSUP read:error=5:error=6
  read:retval= read:retval=5x read:retval=3:error=EIO read:when=0:error=5 read:error=EINTR:when=1.. read:error=5:when=3..2 nosuchcall:error=EINTR
  read:signal= read:signal=0 read:signal=65 read:signal=SIGRT_33 read:signal=SIGRTMAX read:signal=SIGIOT read:signal=10:signal=11
  read:delay_exit=-1 read:delay_exit=inf read:delay_exit=0x10 read:delay_exit=1S read:delay_exit=. read:delay_enter=1:delay_enter=2
  read:poke_enter= read:poke_enter=@arg8=41 read:poke_enter=@arg0=41 read:poke_enter=arg1=41 read:poke_enter=@arg1=4 read:poke_enter=@arg1=zz
  read:poke_enter=@arg2=41,@arg2=42 read:poke_enter=@arg1=41:poke_enter=@arg2=42 read:poke_exit=@arg02=41
  read:syscall=getpid read:retval=0:syscall=write read:retval=0:syscall=nosuch read:retval=0:syscall=getpid:syscall=getuid`
  .trim()
  .split(/\s+/);

it("wrong expressions are refused as strace refuses them, and it is said why", { timeout: 120_000 }, async () => {
  const strace = need("strace");
  const names = syscallNames.map((n) => n ?? "");
  const cases: [kind: string, text: string][] = wrong.map((text) => ["inject", text]);
  for (const text of ["read:retval=1", "read:signal=10", "read:delay_enter=1", "read:poke_enter=@arg1=41", "read:foo=1"])
    cases.push(["fault", text]);
  const real = await Promise.all(cases.map(([kind, text]) => run(strace, ["-e", `${kind}=${text}`, "true"])));
  for (const [i, [kind, text]] of cases.entries()) {
    const said = (real[i]?.stderr ?? "").trim().replace(/^\S*strace: /, "");
    expect([text, real[i]?.status]).toEqual([text, 1]);
    const ours = parseInjection(`${kind}=${text}`, names);
    expect([text, String(ours).slice(0, said.length)]).toEqual([text, said]);
  }
  for (const text of ["read:short=0", "read:error=EINTR:probability=2", "read:short:pid=0", "read:retval=9007199254740992"])
    expect(parseInjection(`inject=${text}`, names)).toMatch(/takes/);
  const ours = await lstar(["run", "-e", "inject=read:signal=SIGFOO", "/bin/true"]);
  expect([ours.status, ours.stderr]).toEqual([
    125,
    "lstar: invalid inject argument 'read:signal=SIGFOO': signal= takes a name such as SIGUSR1 or SIGRT_2, or a number from 1 to 64, once\n",
  ]);
});

it("calls are served short where Linux may do that, and nowhere else", { timeout: 60_000 }, async () => {
  const file = await program("short");
  const options = ["run", "--cwd", "/tmp"];
  const whole = (await lstar([...options, file])).stderr;
  expect(whole.split("\n").filter((l) => / (1000|10000|5000|2560|256|8)$/.test(l)).length).toBe(21);
  const cut = (await lstar([...options, "-e", "inject=!write:short=50", "-e", "inject=write:short=50", file])).stderr;
  const result = (call: string): number =>
    Number(
      cut
        .split("\n")
        .find((l) => l.startsWith(call))
        ?.split(" ")
        .pop(),
    );
  for (const call of ["writev(st", "readv(st", "sendmsg(st", "recvmsg(st", "send(st", "recv(st", "read(p", "write(p[1], b, 10000)"])
    expect([call, result(call)]).toEqual([call, 50]);
  for (const call of ["pwrite(", "pread(", "preadv(", "sendfile(", "splice("]) expect([call, result(call)]).toEqual([call, 50]);
  for (const call of ["sendmsg(g", "recvmsg(g", "write(g", "read(g", "write(p[1], b, 1000)"])
    expect([call, result(call)]).toEqual([call, 1000]);
  expect([result("getrandom(b, 256"), result("getrandom(b, 2560"), result("read(event")]).toEqual([256, 256, 8]);
});

it("which calls a signal may interrupt, and which may be served in part, is told by their declarations", () => {
  const named = (test: (def: (typeof sysCallTable)[number]) => unknown): string =>
    sysCallTable
      .filter((d) => d && test(d))
      .map((d) => d?.name)
      .sort()
      .join(" ");
  expect(named((d) => d?.eintr)).toBe(
    "accept accept4 clock_nanosleep connect epoll_pwait epoll_pwait2 epoll_wait fcntl flock futex futex_waitv getrandom io_getevents " +
      "io_pgetevents io_uring_enter ioctl " +
      "mq_timedreceive mq_timedsend msgrcv msgsnd nanosleep pause poll ppoll pread64 preadv preadv2 pselect6 pwrite64 pwritev pwritev2 read readv " +
      "recvfrom recvmmsg recvmsg rt_sigsuspend rt_sigtimedwait select semop semtimedop sendfile sendmmsg sendmsg sendto splice tee " +
      "vmsplice wait4 waitid write writev",
  );
  expect(named((d) => d?.short)).toBe(
    "copy_file_range getrandom pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readv recvfrom recvmsg sendfile sendmsg sendto " +
      "splice tee vmsplice write writev",
  );
  for (const d of sysCallTable) if (d?.short) expect(d.args.map(([n]) => n)).toContain(d.short.length);
});
