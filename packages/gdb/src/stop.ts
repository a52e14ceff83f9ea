/** A watchpoint stops at changes, at reads, or at both reads and writes. */
export type WatchKind = "watch" | "rwatch" | "awatch";

/** Why a debugged run stands still. */
export type Stop =
  | { kind: "break" | "step" | "begin" | "interrupt" | "stuck" | "end"; pid: number }
  | { kind: WatchKind; pid: number; address: number }
  | { kind: "signal"; pid: number; signal: number; info: Uint8Array }
  | { kind: "call" | "return"; pid: number; nr: number }
  | { kind: "exec"; pid: number; path: string }
  | { kind: "exited"; status: number };

/** Lets the host's events in; says whether to go on, be interrupted, or that nothing can come any more. */
export type Pause = (idle: boolean) => Promise<"go" | "interrupt" | "never">;
