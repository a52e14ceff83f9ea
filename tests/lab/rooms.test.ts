import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, Site } from "./site.ts";

let site: Site;

beforeAll(async () => {
  site = await Site.start();
}, 150_000);
afterAll(() => site?.stop());

/** Opens a room with a program and runs it to its end. */
async function open(room: string, program: string): Promise<Lab> {
  const lab = await site.open(`room=${room}&program=${program}`);
  await lab.run();
  return lab;
}

test.each([
  ["syscalls", "vdso_clock", "copied from the program"],
  ["vdso", "vdso_clock", "System calls made so far"],
  ["signals", "signals", "Pending for the process"],
  ["processes", "fork_exec", "Descriptors of"],
  ["io_uring", "uring_flight", "for 6 operations"],
])(
  "room %s draws the state of a run",
  async (room, program, text) => {
    const lab = await open(room, program);
    await lab.page.getByText(new RegExp(text)).first().waitFor({ timeout: 20_000 });
    expect(lab.errors).toEqual([]);
    await lab.close();
  },
  40_000,
);

test("a proof puts the cursor where the ready list holds the item", async () => {
  const { page, errors, context } = await open("epoll", "epoll_lt");
  await page.getByRole("button", { name: "Prove it" }).first().click();
  await page.getByText("The cursor is where it is seen.").waitFor({ timeout: 20_000 });
  await page.getByRole("img", { name: /Ready list: fd \d/ }).waitFor({ timeout: 10_000 });
  expect(errors).toEqual([]);
  await context.close();
}, 60_000);

test("vDSO: an update in its midst shows the sequence odd, and a reader caught by one comes back to its first look", async () => {
  const { page, errors, context } = await site.open("room=vdso&program=vdso_clock");
  await page.getByRole("button", { name: "The sequence odd" }).click();
  await page.getByRole("img", { name: /sequence \d*[13579], odd/ }).waitFor({ timeout: 20_000 });
  await page.getByRole("button", { name: "A reader caught by an update" }).click();
  await page.getByText(/was interrupted between its two looks/).waitFor({ timeout: 20_000 });
  await page.getByRole("button", { name: "Its retry" }).click();
  await page.getByText(/is about to read the sequence/).waitFor({ timeout: 20_000 });
  await page.getByRole("img", { name: /System calls for the clock so far: 0/ }).waitFor();
  expect(errors).toEqual([]);
  await context.close();
}, 90_000);

test("vDSO: the cost of a reading is measured in the page, in both ways", async () => {
  const { page, errors, context } = await site.open("room=vdso");
  await page.getByRole("button", { name: "Measure here" }).click();
  await page.getByText("Measured on this computer just now.").waitFor({ timeout: 60_000 });
  const cells = async (name: RegExp): Promise<number[]> =>
    (await page.getByRole("row", { name }).getByRole("cell").allTextContents()).map((t) => Number.parseFloat(t));
  const [instructions, virtual, here] = await cells(/^vDSO/);
  const byCall = await cells(/^system call/);
  expect(virtual).toBe(instructions);
  expect(byCall[1]).toBe((byCall[0] ?? 0) + 100);
  expect(here).toBeGreaterThan(1);
  expect(byCall[2]).toBeGreaterThan(1);
  await page.getByRole("img", { name: /here, vDSO \d+, here, system call \d+, native, vDSO \d+/ }).waitFor();
  expect(errors).toEqual([]);
  await context.close();
}, 90_000);

test("level and edge stand at the same step on two machines, at a phone's width too", async () => {
  const { page, errors, context } = await site.open("room=epoll", { viewport: { width: 360, height: 740 } });
  await page.getByRole("button", { name: "Run both", exact: true }).click();
  const level = page.getByRole("region", { name: "Level-triggered", exact: true });
  const edge = page.getByRole("region", { name: "Edge-triggered", exact: true });
  await level.getByRole("img", { name: /Ready list: empty/ }).waitFor({ timeout: 20_000 });
  const forward = page.getByRole("button", { name: "Both forward" });
  await forward.click();
  for (const side of [level, edge]) await side.getByRole("img", { name: /Ready list: fd 6\./ }).waitFor({ timeout: 10_000 });
  // To the second wait, where they part.
  for (let i = 0; i < 20 && !(await edge.getByText(/the task sleeps/).isVisible()); i++) await forward.click();
  await edge.getByRole("img", { name: /Ready list: empty\. Asleep in epoll_wait: task 2/ }).waitFor({ timeout: 10_000 });
  expect(await level.getByText("nothing happens here at this step").isVisible()).toBe(true);
  await level.getByRole("img", { name: /Ready list: fd 6\./ }).waitFor({ timeout: 10_000 });
  await page.getByRole("button", { name: "Both back" }).click();
  expect(await page.evaluate("document.querySelector('.room').scrollWidth - document.querySelector('.room').clientWidth")).toBe(0);
  expect(errors).toEqual([]);
  await context.close();
}, 90_000);

test("select and poll scan step by step beside epoll, and in the workbench at the cursor", async () => {
  const { page, errors, context } = await site.open("room=epoll");
  await page.getByRole("button", { name: "Run it", exact: true }).click();
  const select = page.getByRole("region", { name: "select at this step" });
  await select.getByText("asks fd 3: not ready").waitFor({ timeout: 20_000 });
  await page.getByRole("slider", { name: /Step 1 of 51/ }).fill("50");
  await select.getByText("has returned").waitFor();
  expect(await select.getByText(/Files asked/).textContent()).toContain("48");
  const epoll = page.getByRole("region", { name: "epoll at this step" });
  expect(await epoll.getByText(/Files asked/).textContent()).toMatch(/: 1/);
  await page.getByRole("slider", { name: /Step 51 of 51/ }).fill("24");
  await select.getByText(/asleep on 24 wait queues/).waitFor({ timeout: 10_000 });
  await epoll.getByText(/asleep on 1 wait queue/).waitFor();
  expect(errors).toEqual([]);
  await context.close();

  const lab = await site.open("room=epoll&program=scan_side");
  await lab.run();
  await lab.status(/Program exited/);
  await lab.page.getByRole("searchbox").fill("select poll scan");
  await lab.page.getByRole("list", { name: "Events found" }).getByRole("button").nth(3).click();
  await lab.page.getByText(/(select|poll): task 2 has looked at \d+ of 24 descriptors/).waitFor({ timeout: 10_000 });
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 90_000);

test("every question of every room is proven in the page", async () => {
  for (const [room, count] of [
    ["syscalls", 4],
    ["vdso", 2],
    ["epoll", 4],
    ["io_uring", 3],
    ["copies", 1],
    ["signals", 2],
    ["processes", 2],
  ] as const) {
    const { page, errors, context } = await site.open(`room=${room}`);
    const questions = page.locator(".question");
    await questions.first().waitFor();
    expect([room, await questions.count()]).toEqual([room, count]);
    for (const q of await questions.all()) {
      await q.getByRole("button", { name: "Reveal" }).click();
      await q.getByRole("button", { name: "Prove it" }).click();
      await q.getByText("The cursor is where it is seen.").waitFor({ timeout: 40_000 });
    }
    expect(errors).toEqual([]);
    await context.close();
  }
}, 240_000);

test("seccomp lights up in the crossing with what it decided, and the handler is left out", async () => {
  const { page, errors, context } = await site.open("room=syscalls&program=seccomp_filter");
  const drawing = page.getByRole("img", { name: /ptrace: no tracer\. seccomp:/ });
  await drawing.waitFor();
  expect(await drawing.getAttribute("aria-label")).toContain("seccomp: no filter.");
  const proof = page.locator(".question").nth(2);
  await proof.getByRole("button", { name: "Prove it" }).click();
  await page.getByRole("img", { name: /seccomp: errno 1\..*\[63\] is uname/ }).waitFor({ timeout: 20_000 });
  await drawing.getByText("call skipped").waitFor();
  await page.locator(".lanes").focus();
  for (let i = 0; i < 20 && !/seccomp: trap 7/.test((await drawing.getAttribute("aria-label")) ?? ""); i++) {
    await page.keyboard.press("ArrowRight");
    await page.waitForTimeout(300);
  }
  expect(await drawing.getAttribute("aria-label")).toContain("seccomp: trap 7.");
  expect(errors).toEqual([]);
  await context.close();
}, 90_000);

test("signals: the stack before, in and after the handler; a signal sent from the table has its effect told", async () => {
  const { page, errors, context } = await site.open("room=signals&program=signals");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("img", { name: /The stack when SIGUSR1 comes: interrupted function/ }).waitFor({ timeout: 20_000 });
  await page.getByText("Every field of the frame").click();
  const ip = page.getByRole("row", { name: /uc\.uc_mcontext\.ip/ });
  expect(await ip.getByRole("cell").allTextContents()).toHaveLength(4);
  await page.getByRole("button", { name: "Cursor in the handler" }).click();
  await page.locator("button[aria-pressed=true]", { hasText: "Cursor in the handler" }).waitFor();
  await page.getByRole("button", { name: "Cursor to the sending" }).click();
  await page.getByRole("img", { name: /bit 10 pending: in the process.s set \(now\)/ }).waitFor({ timeout: 10_000 });

  await page.getByRole("button", { name: "Load signal_target.c" }).click();
  await page.locator(".status").filter({ hasText: "Waiting" }).waitFor({ timeout: 20_000 });
  await page.getByRole("button", { name: "Send SIGUSR1", exact: true }).click();
  await page.getByText(/SIGUSR1 sent to task 2: its handler at 0x\w+ ran\./).waitFor({ timeout: 10_000 });
  await page.getByRole("button", { name: "Send SIGUSR2", exact: true }).click();
  await page.getByText("SIGUSR2 sent to task 2: nothing to act on").waitFor({ timeout: 10_000 });
  await page.locator("summary", { hasText: "The other signals" }).click();
  await page.getByRole("button", { name: "Send SIGQUIT", exact: true }).click();
  await page.getByText(/SIGQUIT sent to task 2: (the default action was taken|killed by SIGQUIT)\./).waitFor({ timeout: 10_000 });
  await page.locator(".status").filter({ hasText: "killed by SIGQUIT" }).waitFor();
  await page.getByRole("button", { name: "Send SIGTERM", exact: true }).click();
  await page.getByText("No process lives.").waitFor();
  expect(errors).toEqual([]);
  await context.close();
}, 120_000);

test("processes: the run queue, the tree and the open files at a moment; a press chooses the task", async () => {
  const { page, errors, context } = await site.open("room=processes&program=nice_spin");
  await page.locator(".question").first().getByRole("button", { name: "Prove it" }).click();
  await page
    .getByRole("img", { name: /On the processor: task \d, .* Waiting, next first: task \d, virtual run time/ })
    .waitFor({ timeout: 40_000 });
  await page.getByText(/because task \d has used up its time slice/).waitFor();
  await page.getByRole("img", { name: /\/dev\/console: held by 2:0, 3:0, 4:0, 5:0, 4 references/ }).waitFor();
  const child = page.getByRole("list", { name: "Processes and threads" }).getByRole("button", { name: /^5 / });
  await child.click();
  expect(await child.getAttribute("aria-pressed")).toBe("true");
  await page.getByText("Descriptors of 5").waitFor();
  expect(errors).toEqual([]);
  await context.close();
}, 90_000);

test("ptrace lights up in the crossing while the child stands still for its tracer", async () => {
  const { page, errors, context } = await site.open("room=syscalls&program=ptrace_syscalls");
  await page.locator(".question").nth(3).getByRole("button", { name: "Prove it" }).click();
  await page.getByRole("img", { name: /ring 0\. ptrace: stopped: entry\. .*\[110\] is getppid/ }).waitFor({ timeout: 20_000 });
  await page.locator(".lanes").focus();
  const drawing = page.getByRole("img", { name: /ptrace: .* seccomp:/ });
  for (let i = 0; i < 40 && !/stopped: exit/.test((await drawing.getAttribute("aria-label")) ?? ""); i++) {
    await page.keyboard.press("ArrowRight");
    await page.waitForTimeout(250);
  }
  expect(await drawing.getAttribute("aria-label")).toContain("ptrace: stopped: exit.");
  expect(errors).toEqual([]);
  await context.close();
}, 90_000);

test("copies: four ways to send a file are counted in the page, and one is opened in the workbench", async () => {
  const { page, errors, context } = await site.open("room=copies");
  await page.getByRole("button", { name: "Count the copies" }).click();
  await page.getByText("Counted by the kernel in these runs").waitFor({ timeout: 40_000 });
  const cells = async (name: RegExp): Promise<string[]> => page.getByRole("row", { name }).getByRole("cell").allTextContents();
  // By the chapter, counted; to the program, from it, within the kernel, by devices; calls.
  expect((await cells(/^read\(\)/)).slice(1, 7)).toEqual(["2", "2", "65536 bytes", "65536 bytes", "0 bytes", "0 bytes"]);
  expect((await cells(/^mmap\(\)/)).slice(1, 7)).toEqual(["1", "1", "0 bytes", "65536 bytes", "0 bytes", "0 bytes"]);
  expect((await cells(/^sendfile\(\)/)).slice(1, 8)).toEqual(["0", "0", "0 bytes", "0 bytes", "0 bytes", "0 bytes", "1"]);
  await page.getByRole("img", { name: /^sendfile\(\): 0 bytes copied to the program/ }).waitFor();
  await page.getByRole("button", { name: "splice() in the workbench" }).click();
  await page.getByText("The cursor is at the mark before splice begins").waitFor({ timeout: 20_000 });
  expect(await page.locator("#program").inputValue()).toBe("copies");
  expect(errors).toEqual([]);
  await context.close();
}, 90_000);
