/** A row of the chapter's table of source pointers, and where that is today. */
export interface Pointer {
  /** As the chapter has it. */
  readonly chapterFile: string;
  readonly chapterSymbol: string;
  /** Linux 6.x: file and functions, the first of which ours is looked up by. */
  readonly file: string;
  readonly symbols: readonly string[];
  readonly does: string;
  /** Where the chapter is not the whole truth; "" if it is. */
  readonly note: string;
}

const row = (chapter: string, file: string, symbols: string, does: string, note = ""): Pointer => {
  const [chapterFile = "", ...rest] = chapter.split(" ");
  return { chapterFile, chapterSymbol: rest.join(" "), file, symbols: symbols.split(" "), does, note };
};

export const pointers: readonly Pointer[] = [
  row(
    "arch/x86/entry/entry_64.S entry_SYSCALL_64",
    "arch/x86/entry/entry_64.S",
    "entry_SYSCALL_64",
    "Where MSR_LSTAR points: swapgs, the kernel's stack, pt_regs, then C.",
    "Here the processor stops at the syscall instruction and hands over, so there is no assembly entry; rcx and r11 are written by the processor itself.",
  ),
  row(
    "arch/x86/entry/common.c do_syscall_64()",
    "arch/x86/entry/common.c",
    "do_syscall_64",
    "Calls the handler for the number in rax.",
    "Since 6.9 Linux dispatches through a switch made from the same list (x64_sys_call) in place of an indirect jump; sys_call_table remains for tracing. Late 6.x versions have the function in syscall_64.c beside it.",
  ),
  row(
    "arch/x86/entry/syscalls/syscall_64.tbl",
    "arch/x86/entry/syscalls/syscall_64.tbl",
    "syscall_64.tbl",
    "The list of numbers and names.",
  ),
  row(
    "include/linux/syscalls.h SYSCALL_DEFINE*",
    "include/linux/syscalls.h",
    "SYSCALL_DEFINE",
    "Declares a call: prototype, wrapper and metadata for tracing.",
    "The macro does not add audit, seccomp or ptrace: those hooks are in the entry code common to all calls (syscall_enter_from_user_mode).",
  ),
  row(
    "fs/eventpoll.c do_epoll_wait(), ep_poll()",
    "fs/eventpoll.c",
    "ep_poll ep_send_events",
    "Sleeps until the ready list has something, then copies events out.",
    "O(1) means O(ready) for a wait; adding, changing and removing cost O(log n) in the tree.",
  ),
  row(
    "fs/eventpoll.c ep_insert()",
    "fs/eventpoll.c",
    "ep_insert",
    "Adds an item: into the tree, and a callback onto the file's wait queue.",
    "The item stays in the tree when it joins the ready list; it has a link for each.",
  ),
  row(
    "io_uring/io_uring.c io_uring_setup(), io_submit_sqes()",
    "io_uring/io_uring.c",
    "io_uring_setup io_submit_sqes",
    "Sets the rings up; takes entries, for a caller of io_uring_enter and for the thread of SQPOLL alike.",
  ),
  row(
    "io_uring/sq_poll.c io_sq_thread()",
    "io_uring/sqpoll.c",
    "io_sq_thread",
    "Polls the submission queue, and sleeps after a while without work.",
    "The file is called sqpoll.c. Here the thread does not spin: the kernel looks for it at the tail between two instructions of a program, more and more rarely.",
  ),
  row("net/socket.c sock_sendmsg()", "net/socket.c", "sock_sendmsg __sys_sendto", "Hands a message to the protocol of the socket."),
  row(
    "fs/sendfile.c do_sendfile()",
    "fs/read_write.c",
    "do_sendfile",
    "Moves file pages to a socket or a pipe.",
    "Linux has no fs/sendfile.c: do_sendfile is in fs/read_write.c, and the work in fs/splice.c.",
  ),
  row(
    "kernel/signal.c do_signal(), send_signal()",
    "kernel/signal.c",
    "__send_signal_locked get_signal",
    "Makes a signal pending, and takes it before the return to user mode.",
    "do_signal was never here but in arch/x86/kernel/signal.c; today it is arch_do_signal_or_restart. send_signal is now send_signal_locked.",
  ),
  row(
    "arch/x86/kernel/signal.c setup_rt_frame()",
    "arch/x86/kernel/signal_64.c",
    "x64_setup_rt_frame",
    "Lays the frame on the user stack.",
    "setup_rt_frame in signal.c chooses; the 64-bit frame is laid by x64_setup_rt_frame in signal_64.c.",
  ),
];
