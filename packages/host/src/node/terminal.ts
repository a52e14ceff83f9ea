import { spawnSync } from "node:child_process";

/** Runs stty on the terminal at standard input; its output, or null where there is none. */
function stty(...args: string[]): string | null {
  const r = spawnSync("stty", args, { stdio: ["inherit", "pipe", "ignore"], encoding: "latin1" });
  return r.status === 0 ? r.stdout.trim() : null;
}

/**
 * The host's terminal while a guest's terminal takes its place. Node's raw mode leaves output processing on
 * (a newline still moves to the first column), which corrupts what full-screen programs draw: the guest's own
 * line discipline has done that already. stty, where there is one, turns it off.
 */
export class RawTerminal {
  #saved: string | null = null;
  readonly #restore = (): void => this.leave();

  enter(): void {
    this.#saved = stty("-g");
    process.stdin.setRawMode(true);
    if (this.#saved !== null) stty("-opost");
    process.once("exit", this.#restore);
  }

  /** Only leaves what is written as it is: its newlines were made by a guest's terminal. Standard input may be something else. */
  enterOutput(): void {
    this.#saved = stty("-g");
    if (this.#saved !== null) stty("-opost");
    process.once("exit", this.#restore);
  }

  /** Gives the terminal back as it was; may be called twice. */
  leave(): void {
    process.off("exit", this.#restore);
    if (process.stdin.isRaw) process.stdin.setRawMode(false);
    if (this.#saved !== null) stty(this.#saved);
    this.#saved = null;
  }
}
