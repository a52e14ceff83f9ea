import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { lstarCommand, need } from "../native.ts";

/** bash with job control: the same keys natively and in lstar, side by side, must give the same screens. */
const socket = `lstar-jobs-${process.pid}`;
const tmux = (...args: string[]): string => execFileSync(need("tmux"), ["-L", socket, "-f", "/dev/null", ...args], { encoding: "utf8" });
const sides = ["native", "lstar"] as const;

/** A screen without what differs: process ids. */
const screen = (side: string): string =>
  tmux("capture-pane", "-p", "-t", side)
    .replace(/^(\[\d+\]) \d+$/gm, "$1 PID")
    .trimEnd();

/** Waits until both screens show a pattern and are equal. */
async function bothShow(pattern: RegExp, seconds = 20): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const [real, ours] = sides.map(screen);
    if (real === ours && pattern.test(real!)) return;
    if (Date.now() > end) {
      expect(ours).toBe(real);
      expect(real).toMatch(pattern);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function type(...keys: string[]): void {
  for (const side of sides) tmux("send-keys", "-t", side, ...keys);
}

beforeAll(() => {
  const bash = `${need("bash-static")} --norc --noprofile +o history`;
  const environment = "env -i PATH=/usr/bin:/bin HOME=/root LC_ALL=C TERM=screen PS1='$ '";
  const vars = ["HOME=/root", "LC_ALL=C", "TERM=screen", "PS1='$ '", "PATH=/usr/bin:/bin"].map((v) => `--env ${v}`).join(" ");
  const commands = {
    native: `cd /; ${environment} ${bash}; echo status $?; sleep 60`,
    lstar: `cd /; ${process.execPath} ${lstarCommand} run --root / ${vars} ${bash}; echo status $?; sleep 60`,
  };
  for (const side of sides) tmux("new-session", "-d", "-s", side, "-x", "80", "-y", "50", commands[side]);
});
afterAll(() => {
  tmux("kill-server");
});

it("^Z, bg, fg, kill, disown and traps", { retry: 1, timeout: 180_000 }, async () => {
  await bothShow(/^\$$/m);

  type("sleep 1000; echo came back with $?", "Enter");
  await bothShow(/back with \$\?$/m);
  // The shell must have given the terminal away, or ^Z is its own to ignore.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  type("C-z");
  await bothShow(/Stopped +sleep 1000\n/);
  type("jobs", "Enter");
  await bothShow(/jobs\n\[1\]\+ +Stopped/);
  type("bg", "Enter");
  await bothShow(/\[1\]\+ sleep 1000 &/);
  type("jobs -r", "Enter");
  await bothShow(/Running +sleep 1000 &/);
  type("fg", "Enter");
  await bothShow(/fg\nsleep 1000$/);
  await new Promise((resolve) => setTimeout(resolve, 500));
  type("C-c");
  await bothShow(/\^C\n\$$/);

  type("clear; sleep 500 | cat &", "Enter");
  await bothShow(/^\[1\] PID$/m);
  // Dead before the shell looks: when it says so would depend on who is quicker.
  type("kill %1; sleep 0.3; wait; echo over", "Enter");
  await bothShow(/Terminated +sleep 500/);
  type("sleep 400 & disown; jobs; echo none", "Enter");
  await bothShow(/^none$/m);

  type("clear; trap 'echo interrupted' INT; echo ready", "Enter");
  await bothShow(/^ready\n\$$/m);
  type("C-c");
  await bothShow(/interrupted/);
  type("trap - INT; trap 'echo a child' CHLD; true | true; /bin/true; echo after", "Enter");
  await bothShow(/^after$/m);
  type("trap - CHLD; (trap 'echo leaving; exit 5' EXIT; true); echo $?", "Enter");
  await bothShow(/leaving\n5/);
  type("set -m; (sleep 300; echo never) & kill -STOP %1; sleep 0.2; jobs", "Enter");
  await bothShow(/\( sleep 300; echo never \)/);
  // The killed job must be gone before the exit, or bash warns of it.
  type("kill -KILL %1; sleep 0.3; trap 'echo goodbye' EXIT; exit 3", "Enter");
  await bothShow(/goodbye\n+status 3/);
});
