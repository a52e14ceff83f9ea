import type { DemoText } from "./demo.tsx";

/** The chapter's demos that belong to these rooms, without what is drawn beside them. */
export const dispatchDemo: DemoText = {
  title: "Demo: the dispatch table, model and real",
  about:
    "The model keeps registers and a table of functions of its own. The real program executes the syscall instruction and shows what rax, rcx and r11 hold when it is back. Hooks: the model lets you switch them. The real one asks this kernel for them; with deny it installs a seccomp filter, which stays.",
  model: "model_syscall",
  real: "real_syscall",
  commands: [
    "getpid",
    "write hello",
    "call 999",
    "close 77",
    "hook seccomp on",
    "deny 39",
    "getpid",
    "hook audit on",
    "hook ptrace on",
    "table",
    "help",
  ],
};

export const epollDemo: DemoText = {
  title: "Demo: interest set and ready list, model and real",
  about:
    "Both take the same descriptors and the same data. Beside the real one the kernel's own tree and lists are drawn at the chosen moment. A difference to look for: the model's buffers hold 4 KB, a socket's hold far more.",
  model: "model_epoll",
  real: "real_epoll",
  commands: [
    "add 3 ET",
    "add 4 LT",
    "add 5 ONESHOT",
    "ready 3 1024",
    "ready 4 1024",
    "ready 5 1",
    "wait",
    "read 4 1024",
    "mod 5 ONESHOT",
    "del 3",
    "show",
    "help",
  ],
};

export const signalDemo: DemoText = {
  title: "Demo: pending bitmap and delivery, model and real",
  about:
    "The model keeps the bitmaps itself and looks at them before it returns to user mode. The real one uses kill, sigaction and sigprocmask. An unhandled deadly signal ends both; start them again then.",
  model: "model_signal",
  real: "real_signal",
  commands: [
    "handle USR1",
    "block USR1",
    "send USR1",
    "show",
    "unblock USR1",
    "handle 34",
    "block 34",
    "send 34",
    "unblock 34",
    "ignore TERM",
    "send TERM",
    "send KILL",
    "help",
  ],
};

export const uringDemo: DemoText = {
  title: "Demo: submission and completion ring, model and real",
  about:
    "Both take the same commands, and the program’s half of both is the same code: it fills entries, moves tail and head. The model’s kernel is a few functions over its own memory; the real one’s is this kernel’s io_uring, whose rings and requests are drawn below. Look for what stays in flight until feed, and at whose call an entry is taken.",
  model: "model_uring",
  real: "real_uring",
  commands: [
    "nop 1",
    "read 100 2",
    "show",
    "tail",
    "enter",
    "reap",
    "pipe 10 5; link; nop 6; poll 7",
    "tail; enter",
    "feed 10",
    "reap",
    "setup sqpoll",
    "nop 1; tail",
    "wake; nop 2; tail; read 50 3; tail; reap",
    "help",
  ],
};

export const demos: readonly DemoText[] = [dispatchDemo, epollDemo, signalDemo, uringDemo];
