import type { Epitem, Eventpoll } from "../fs/eventpoll/types.ts";
import type { IoKiocb, IoRingCtx } from "../include/linux/ioUringTypes.ts";
import type { Task } from "../include/linux/sched.ts";
import type { KernelTimer } from "../kernel/time/timer.ts";
import type { NetDevice } from "../net/core/dev.ts";
import type { Packet } from "../net/core/skb.ts";
import { Tracepoint } from "./tracepoint.ts";

/** All tracepoints of the kernel, with Linux's names in camelCase. Subsystems add theirs here. */
export class TraceEvents {
  /** A system call enters: the number is task.syscallNr, arguments in the task's registers. Fired once per call, not on retries. */
  readonly sysEnter = new Tracepoint<[task: Task, nr: number]>("sys_enter");
  /** It returns. `ret` is the value for rax (or a negated ERESTART* when a signal interrupted it). Not fired for calls that never return. */
  readonly sysExit = new Tracepoint<[task: Task, nr: number, ret: number]>("sys_exit");
  /**
   * Strict mode or the filters have judged a call, before it is made. verdict: SECCOMP_RET_* with its 16 bits of data, as a signed number;
   * filters: how many were asked (0 in strict mode, which only reports a call that it does not allow).
   */
  readonly seccomp = new Tracepoint<[task: Task, nr: number, verdict: number, filters: number]>("seccomp");
  /**
   * A task stops for its tracer, who learns exitCode by wait (a signal, 0x80 for a system call, PTRACE_EVENT_* << 8); message: what
   * GETEVENTMSG says. Then it goes on, with a signal or 0.
   */
  readonly ptraceStop = new Tracepoint<[task: Task, exitCode: number, message: number]>("ptrace_stop");
  readonly ptraceResume = new Tracepoint<[task: Task, signal: number]>("ptrace_resume");
  /** A call has left audit records, by the rule with this key. ret: what it returned. */
  readonly auditSyscall = new Tracepoint<[task: Task, nr: number, ret: number, key: string]>("audit_syscall");
  /** prev's state tells why it gave way: TASK_RUNNING is preemption. */
  readonly schedSwitch = new Tracepoint<[prev: Task | null, next: Task | null]>("sched_switch");
  readonly schedWakeup = new Tracepoint<[task: Task, waker: Task | null]>("sched_wakeup");
  readonly schedProcessFork = new Tracepoint<[parent: Task, child: Task]>("sched_process_fork");
  readonly schedProcessExec = new Tracepoint<[task: Task, filename: string]>("sched_process_exec");
  readonly schedProcessExit = new Tracepoint<[task: Task]>("sched_process_exit");
  /**
   * A signal is sent. The set is target.signal.sharedPending for a `group` signal, target.pending else; the bit is sig - 1.
   * result: 0 delivered to the queue, 1 ignored, 2 already pending, 3 overflow (include/trace/events/signal.h).
   * sender: the running task, null if a timer or the terminal's keyboard sent it. taker: the thread told to look, null if it stays pending (blocked in
   * every thread it is meant for, or they are stopped, or about to look at another).
   */
  readonly signalGenerate = new Tracepoint<
    [sig: number, info: Uint8Array, target: Task, group: boolean, result: number, sender: Task | null, taker: Task | null]
  >("signal_generate");
  /** A task acts on a signal: handler's address (0 default action), sa_flags, address of the frame on the user stack (0 if none). */
  readonly signalDeliver = new Tracepoint<[task: Task, sig: number, info: Uint8Array, handler: number, flags: number, frame: number]>(
    "signal_deliver",
  );
  /** A timer of the kernel is armed for timer.expires (ns since boot), disarmed before that, or fires. */
  readonly timerStart = new Tracepoint<[timer: KernelTimer, now: number]>("timer_start");
  readonly timerCancel = new Tracepoint<[timer: KernelTimer]>("timer_cancel");
  readonly timerExpireEntry = new Tracepoint<[timer: KernelTimer, now: number]>("timer_expire_entry");
  /** Memory ran out and this process was chosen; points: pages it would give back. */
  readonly oomKill = new Tracepoint<[victim: Task, points: number]>("mark_victim");
  /** The vDSO's data page is written: the sequence was made odd; the fields are there and it still is; it is even again. */
  readonly updateVsyscall = new Tracepoint<[sequence: number, step: "begin" | "written" | "end"]>("update_vsyscall");
  readonly pageFault = new Tracepoint<[task: Task, address: number, error: number]>("page_fault_user");

  /** A packet, its network header in front, is given to a device's driver, and comes up from one. Listeners copy what they keep. */
  readonly netDevXmit = new Tracepoint<[skb: Packet, dev: NetDevice]>("net_dev_xmit");
  readonly netifReceiveSkb = new Tracepoint<[skb: Packet, dev: NetDevice]>("netif_receive_skb");

  /** epoll, in the order of an event's life: item in the tree with its callback registered … */
  readonly epollInsert = new Tracepoint<[item: Epitem]>("epoll_insert");
  readonly epollRemove = new Tracepoint<[item: Epitem]>("epoll_remove");
  readonly epollModify = new Tracepoint<[item: Epitem, before: number]>("epoll_modify");
  /** … the file's wait queue fired (key: poll bits, the waker is the running task) … */
  readonly epollCallback = new Tracepoint<[item: Epitem, key: number]>("epoll_callback");
  /** … the item was appended to the ready list, or to the overflow list because events are being copied … */
  readonly epollReady = new Tracepoint<[item: Epitem, key: number]>("epoll_ready");
  readonly epollOverflow = new Tracepoint<[item: Epitem]>("epoll_overflow");
  /** … events were copied to the program; then what became of the item: put back (level-triggered), dropped until the next edge, disabled (one-shot), or found not ready. */
  readonly epollCopy = new Tracepoint<[item: Epitem, revents: number, fate: "level" | "edge" | "oneshot" | "not-ready"]>("epoll_copy");
  /** A task goes to sleep in epoll_wait, and leaves it with a result. */
  readonly epollSleep = new Tracepoint<[ep: Eventpoll, task: Task]>("epoll_sleep");
  readonly epollReturn = new Tracepoint<[ep: Eventpoll, task: Task, result: number]>("epoll_return");

  /** select and poll: a pass over the descriptors begins (n: the first argument's count), looks at one, and ends with how many are ready. */
  readonly selectScan = new Tracepoint<[task: Task, what: "select" | "poll", n: number]>("select_scan");
  /** mask: the poll bits that were asked for and found, POLLNVAL for what is no descriptor. */
  readonly selectLook = new Tracepoint<[task: Task, fd: number, mask: number]>("select_look");
  readonly selectScanned = new Tracepoint<[task: Task, count: number]>("select_scanned");

  /** io_uring (include/trace/events/io_uring.h): a ring is made; something is registered with it (ret: the call's result). */
  readonly ioUringCreate = new Tracepoint<[ctx: IoRingCtx, fd: number, sqEntries: number, cqEntries: number, flags: number]>(
    "io_uring_create",
  );
  readonly ioUringRegister = new Tracepoint<[ctx: IoRingCtx, opcode: number, nrFiles: number, nrBufs: number, ret: number]>(
    "io_uring_register",
  );
  /** An SQE has been taken (sqe: its physical address, valid during the event); a request looks its file up, is behind a drain, joins a chain … */
  readonly ioUringSubmitReq = new Tracepoint<[ctx: IoRingCtx, req: IoKiocb, sqe: number]>("io_uring_submit_req");
  readonly ioUringFileGet = new Tracepoint<[ctx: IoRingCtx, req: IoKiocb, fd: number]>("io_uring_file_get");
  readonly ioUringDefer = new Tracepoint<[ctx: IoRingCtx, req: IoKiocb]>("io_uring_defer");
  readonly ioUringLink = new Tracepoint<[ctx: IoRingCtx, req: IoKiocb, after: IoKiocb]>("io_uring_link");
  /** … fails because one before it in its chain has; was wrong from the start. */
  readonly ioUringFailLink = new Tracepoint<[ctx: IoRingCtx, req: IoKiocb, link: IoKiocb]>("io_uring_fail_link");
  readonly ioUringReqFailed = new Tracepoint<[ctx: IoRingCtx, req: IoKiocb, sqe: number, error: number]>("io_uring_req_failed");
  /** It would block: its file is polled (events: POLL* bits), or a worker gets it (acct: 0 bounded work, 1 unbounded). */
  readonly ioUringPollArm = new Tracepoint<[ctx: IoRingCtx, req: IoKiocb, mask: number, events: number]>("io_uring_poll_arm");
  readonly ioUringQueueAsyncWork = new Tracepoint<[ctx: IoRingCtx, req: IoKiocb, acct: number]>("io_uring_queue_async_work");
  /** Task work is queued for its submitter (the waker is the running task), and has been run. */
  readonly ioUringTaskAdd = new Tracepoint<[ctx: IoRingCtx, req: IoKiocb]>("io_uring_task_add");
  readonly ioUringTaskWorkRun = new Tracepoint<[task: Task, count: number]>("io_uring_task_work_run");
  readonly ioUringLocalWorkRun = new Tracepoint<[ctx: IoRingCtx, count: number]>("io_uring_local_work_run");
  /** A task goes to wait for so many CQEs. */
  readonly ioUringCqringWait = new Tracepoint<[ctx: IoRingCtx, task: Task, minEvents: number]>("io_uring_cqring_wait");
  /** A CQE is posted (req null: it belongs to none), or kept because the ring is full. */
  readonly ioUringComplete = new Tracepoint<
    [ctx: IoRingCtx, req: IoKiocb | null, userLo: number, userHi: number, res: number, cflags: number]
  >("io_uring_complete");
  readonly ioUringCqeOverflow = new Tracepoint<[ctx: IoRingCtx, userLo: number, userHi: number, res: number, cflags: number]>(
    "io_uring_cqe_overflow",
  );
  /** Less was written (or read into a file) than asked for. */
  readonly ioUringShortWrite = new Tracepoint<[ctx: IoRingCtx, req: IoKiocb, pos: number, wanted: number, got: number]>(
    "io_uring_short_write",
  );
}
