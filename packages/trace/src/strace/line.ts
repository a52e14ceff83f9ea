/**
 * strace's output as lines that several tasks share: a task may leave its line open while its call
 * is under way; when another task prints, the open line ends with "<unfinished ...>" and its owner
 * goes on later with "<... read resumed>".
 */
export class LineWriter {
  readonly #write: (text: string) => void;
  /** Task id that owns the open line, 0 = none. */
  #owner = 0;
  #column = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Starts a line for a task; ends another's open line first. */
  begin(pid: number, prefix: string): void {
    this.interrupt();
    this.#owner = pid;
    this.#column = 0;
    this.put(prefix);
  }

  /** True if the open line is this task's. */
  owns(pid: number): boolean {
    return this.#owner === pid;
  }

  put(text: string): void {
    this.#column += text.length;
    this.#write(text);
  }

  /** Pads to the column of "= ", as strace -a does. */
  padTo(column: number): void {
    if (this.#column < column) this.put(" ".repeat(column - this.#column));
  }

  end(text = ""): void {
    this.#write(`${text}\n`);
    this.#owner = 0;
    this.#column = 0;
  }

  /** Ends an open line as unfinished. */
  interrupt(): void {
    if (this.#owner !== 0) this.end(" <unfinished ...>");
  }
}
