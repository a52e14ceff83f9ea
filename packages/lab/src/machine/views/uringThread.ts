import type { IoRingCtx } from "@lstar/kernel/include/linux/ioUringTypes.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import type { UringView } from "../../protocol.ts";

/** The thread that polls a ring of SQPOLL. `needWakeup`: it has said so in sq_flags, and sleeps until it is woken. */
export function threadOf(k: Kernel, ctx: IoRingCtx, owner: Task, needWakeup: boolean): UringView["sqThread"] {
  const thread = [...k.pids.values()].find((t) => t.kthread !== null && t.tgid === owner.tgid && t.comm.startsWith("iou-sqp"));
  const alive = thread?.exitState === 0;
  const state = !alive ? "gone" : needWakeup ? "asleep" : "polling";
  return { pid: thread?.pid ?? 0, state, needWakeup, idle: ctx.sqIdle / 1e6 };
}
