import { signalfdSyscalls } from "../fs/signalfd.ts";
import { timerfdSyscalls } from "../fs/timerfd.ts";
import type { SyscallDef } from "../syscall/declare.ts";
import { capabilitySyscalls } from "./capability.ts";
import { credSyscalls } from "./cred.ts";
import { exitSyscalls } from "./exit.ts";
import { forkSyscalls } from "./fork.ts";
import { futexSyscalls } from "./futex/syscalls.ts";
import { groupSyscalls } from "./groups.ts";
import { ioprioSyscalls } from "./ioprio.ts";
import { jobSyscalls } from "./jobs.ts";
import { kcmpSyscalls } from "./kcmp.ts";
import { nsproxySyscalls } from "./nsproxy.ts";
import { pidfdSyscalls } from "./pidfd.ts";
import { prctlSyscalls } from "./prctl.ts";
import { ptraceSyscalls } from "./ptrace.ts";
import { randomSyscalls } from "./random.ts";
import { resourceSyscalls } from "./resource.ts";
import { rseqSyscalls } from "./rseq.ts";
import { membarrierSyscalls } from "./sched/membarrier.ts";
import { schedSyscalls } from "./sched/syscalls.ts";
import { seccompSyscalls } from "./seccomp.ts";
import { signalSyscalls } from "./signalCalls.ts";
import { sysSyscalls } from "./sys.ts";
import { clockSyscalls } from "./time/clocks.ts";
import { itimerSyscalls } from "./time/itimer.ts";
import { nanosleepSyscalls } from "./time/nanosleep.ts";
import { posixTimerSyscalls } from "./time/posixTimers.ts";
import { timexSyscalls } from "./time/timex.ts";
import { waitSyscalls } from "./wait.ts";

/** The system calls of kernel/: tasks, signals, time, identities, scheduling. */
export const coreSyscalls: readonly SyscallDef[] = [
  ...forkSyscalls,
  ...exitSyscalls,
  ...waitSyscalls,
  ...signalSyscalls,
  ...pidfdSyscalls,
  ...nsproxySyscalls,
  ...credSyscalls,
  ...groupSyscalls,
  ...capabilitySyscalls,
  ...jobSyscalls,
  ...sysSyscalls,
  ...resourceSyscalls,
  ...prctlSyscalls,
  ...seccompSyscalls,
  ...ptraceSyscalls,
  ...randomSyscalls,
  ...kcmpSyscalls,
  ...schedSyscalls,
  ...ioprioSyscalls,
  ...membarrierSyscalls,
  ...rseqSyscalls,
  ...futexSyscalls,
  ...clockSyscalls,
  ...timexSyscalls,
  ...nanosleepSyscalls,
  ...itimerSyscalls,
  ...posixTimerSyscalls,
  ...signalfdSyscalls,
  ...timerfdSyscalls,
];
