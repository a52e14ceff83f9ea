import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { freshDirectory, lstarCommand, need } from "../native.ts";
import { replay } from "./drive.ts";

/** Sessions at a real terminal: recorded in tmux, replayed there and elsewhere. */
vi.setConfig({ testTimeout: 240_000 });
let dir: { path: string; remove: () => void };
const socket = `lstar-record-${process.pid}`;
const tmux = (...args: string[]): string => execFileSync(need("tmux"), ["-L", socket, "-f", "/dev/null", ...args], { encoding: "utf8" });

beforeEach(() => {
  dir = freshDirectory();
});
afterEach(() => {
  try {
    tmux("kill-server");
  } catch {
    // It has ended by itself.
  }
  dir.remove();
});

class Screen {
  readonly #name: string;
  constructor(name: string, command: string) {
    this.#name = name;
    tmux("new-session", "-d", "-s", name, "-x", "70", "-y", "20", command);
  }
  keys(...k: string[]): void {
    tmux("send-keys", "-t", this.#name, ...k);
  }
  resize(columns: number, rows: number): void {
    tmux("resize-window", "-t", this.#name, "-x", String(columns), "-y", String(rows));
  }
  text(): string {
    return tmux("capture-pane", "-p", "-t", this.#name);
  }
  async shows(pattern: RegExp): Promise<string> {
    const end = Date.now() + 100_000;
    for (;;) {
      const text = this.text();
      if (pattern.test(text)) return text;
      if (Date.now() > end) throw new Error(`the screen does not show ${pattern}:\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
const command = (...args: string[]): string => [process.execPath, lstarCommand, ...args].map((a) => `'${a}'`).join(" ");

it("vim with typed keys, a resize and a suspended job: the replay draws the same", async () => {
  const file = join(dir.path, "run.lstar");
  const raw = join(dir.path, "raw");
  const vimArgs = ["-u", "NONE", "-i", "NONE", "-n", "-N", "note.txt"];
  const record = command("record", "-o", file, "--root", "/", "--cwd", "/tmp", "--env", "TERM=screen", "--", need("vim"), ...vimArgs);
  // What vim leaves on the screen stays: neither tmux nor it has another one.
  const s = new Screen("record", `script -qefc "${record.replaceAll("'", "")}" ${raw}; echo "status $?"; sleep 600`);
  await s.shows(/note\.txt/);
  s.keys("i", "hello from vim", "Enter", "second line");
  await s.shows(/second line/);
  s.keys("Escape");
  s.keys(":2move 0", "Enter");
  await s.shows(/^second line\s*\nhello from vim/);
  s.resize(60, 10);
  s.keys(":set number columns? lines?", "Enter");
  await s.shows(/columns=60/);
  s.keys("Enter");
  s.keys(":%s/vim/vi, recorded/", "Enter");
  await s.shows(/hello from vi, recorded/);
  s.keys(":wq", "Enter");
  await s.shows(/status 0/);
  const lines = readFileSync(raw, "latin1").split("\n");
  const drawn = lines
    .slice(
      1,
      lines.findLastIndex((l) => l.startsWith("Script done")),
    )
    .join("\n");
  const again = await replay(file);
  expect(again.status).toBe(0);
  // script has a terminal of its own between, which makes a carriage return and a newline of each newline unless the guest's did.
  expect(again.stdout.trimEnd()).toBe(drawn.trimEnd());
  expect((await replay(file, "--info")).stdout).toMatch(/streams +tty, tty, tty/);
});

it("a shell's session at its own pace; the terminal is left as it was", async () => {
  const file = join(dir.path, "run.lstar");
  const record = command("record", "-o", file, "--root", "/", "--env", "PS1=guest> ", "--", need("/bin/busybox"), "sh");
  const s = new Screen("record", `${record}; echo "status $?"; sleep 600`);
  await s.shows(/guest>/);
  s.keys("sleep 100", "Enter");
  await s.shows(/sleep 100/);
  s.keys("C-c");
  await s.shows(/\^C\s*\n *guest>/);
  s.keys("echo $((6 * 7)); stty size", "Enter");
  await s.shows(/^42\n20 70$/m);
  s.keys("exit 3", "Enter");
  const left = await s.shows(/status 3/);
  const r = new Screen(
    "replay",
    `${command("replay", "--speed", "20", "--max-delay", "0.1", file)}; echo "status $?"; stty -a | grep -oE '(^| )opost'; sleep 600`,
  );
  const again = await r.shows(/^ ?opost$/m);
  expect(again.split(/^ ?opost$/m)[0]!.trimEnd()).toBe(left.trimEnd());
  rmSync(file);
});
