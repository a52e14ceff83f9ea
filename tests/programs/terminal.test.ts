import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { lstarCommand, need } from "../native.ts";

/** Full-screen programs in a real terminal, driven through tmux. */
const socket = `lstar-test-${process.pid}`;
const tmux = (...args: string[]): string => execFileSync(need("tmux"), ["-L", socket, "-f", "/dev/null", ...args], { encoding: "utf8" });
const keys = (...k: string[]): string => tmux("send-keys", "-t", "main", ...k);
const screen = (): string => tmux("capture-pane", "-p", "-t", "main");

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

/** Waits until the screen shows something. */
async function shows(pattern: RegExp, seconds = 20): Promise<string> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const text = screen();
    if (pattern.test(text)) return text;
    if (Date.now() > end) throw new Error(`the screen does not show ${pattern}:\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

beforeAll(() => {
  const command = `${process.execPath} ${lstarCommand} run --root / --cwd /tmp --env 'PS1=guest> ' ${need("/bin/busybox")} sh; stty -a | grep -oE '(^| )opost'; echo the terminal is back; sleep 60`;
  tmux("new-session", "-d", "-s", "main", "-x", "80", "-y", "24", command);
});
afterAll(() => {
  tmux("kill-server");
});

it("an interactive shell: vi, top, job control, resizing", { timeout: 120_000 }, async () => {
  await shows(/guest>/);
  keys("busybox vi note.txt", "Enter");
  await shows(/note\.txt/);
  keys("i", "typed in vi", "Enter", "second line", "Escape");
  // An escape followed at once by a key would be a meta key.
  await pause();
  keys("1GdwA", " and changed", "Escape");
  await pause();
  keys(":wq", "Enter");
  await shows(/guest> *$/m);
  keys("clear; cat note.txt", "Enter");
  await shows(/^in vi and changed\nsecond line$/m);

  keys("clear; busybox top", "Enter");
  const top = await shows(/PID\s+PPID\s+USER/);
  expect(top).toMatch(/Mem:/);
  await shows(/busybox/);
  keys("q");
  keys("clear; echo over", "Enter");
  await shows(/^over$/m);

  keys("clear; sleep 1000", "Enter");
  await pause();
  keys("C-z");
  await shows(/Stopped/);
  keys("clear; jobs; kill -KILL %1; echo gone", "Enter");
  await shows(/^gone$/m);
  keys("clear; sleep 1000; echo status $?", "Enter");
  await pause();
  keys("C-c");
  await shows(/guest> *$/m);

  tmux("resize-window", "-t", "main", "-x", "100", "-y", "30");
  keys("clear; stty size", "Enter");
  await shows(/^30 100$/m);

  // Output processing is the guest's: without it a newline only moves down.
  keys("clear; stty -opost; printf 'one\\ntwo\\r\\n'; stty opost", "Enter");
  await shows(/^one\n {3}two$/m);

  keys("exit", "Enter");
  await shows(/^ ?opost\nthe terminal is back/m);
});
