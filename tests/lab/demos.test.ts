import { afterAll, beforeAll, expect, test } from "vitest";
import { Site } from "./site.ts";

let site: Site;

beforeAll(async () => {
  site = await Site.start();
}, 150_000);
afterAll(() => site?.stop());

test.each([
  ["syscalls", ["getpid", "call 999"], /Function not implemented/, /Function not implemented/],
  ["epoll", ["add 3 ET", "ready 3 1024", "wait"], /fd 3 EPOLLIN; ET/, /epoll_wait = 1/],
  ["io_uring", ["nop 7", "tail; enter", "reap"], /user_data 7 res 0/, /user_data 7 res 0/],
  ["signals", ["handle USR1", "send USR1"], /do_signal: 10: frame/, /handler\(10\)/],
] as const)(
  "demo of room %s: both take the same commands and show the same moment",
  async (room, commands, inModel, inReal) => {
    const { page, errors, context } = await site.open(`room=${room}`, { viewport: { width: 360, height: 740 } });
    await page.getByRole("button", { name: "Start both" }).click();
    const input = page.getByLabel("Command for both");
    await input.waitFor({ timeout: 20_000 });
    for (const [i, c] of commands.entries()) {
      await input.fill(c);
      await input.press("Enter");
      await page.getByText(`after command ${i + 1} of ${i + 1}`).waitFor({ timeout: 20_000 });
    }
    const model = page.getByRole("log", { name: /The model/ });
    const real = page.getByRole("log", { name: /The real thing/ });
    expect(await model.textContent()).toMatch(inModel);
    expect(await real.textContent()).toMatch(inReal);
    // Back to the start: neither has seen a command.
    await page.getByRole("slider", { name: /Moment/ }).fill("0");
    await page.getByText(`after command 0 of ${commands.length}`).waitFor();
    expect(await model.textContent()).not.toMatch(inModel);
    expect(await real.textContent()).not.toMatch(inReal);
    // Nothing is wider than the phone.
    const wide = await page.evaluate("document.querySelector('.demo').scrollWidth - document.querySelector('.demo').clientWidth");
    expect(wide).toBeLessThanOrEqual(0);
    expect(errors).toEqual([]);
    await context.close();
  },
  60_000,
);

test("the source pointers name ours for each row but those that this kernel has no function for", async () => {
  const { page, errors, context } = await site.open("room=source");
  for (const name of ["doSyscall64", "epInsert", "doSendfile", "getSignal", "sysIoUringSetup", "ioSubmitSqes", "ioSqThread"])
    await page.getByRole("button", { name, exact: true }).waitFor({ timeout: 20_000 });
  expect(await page.getByText("no function of that name").count()).toBeLessThanOrEqual(5);
  await page.getByRole("button", { name: "epInsert", exact: true }).click();
  await page.getByRole("dialog", { name: "Kernel source" }).getByText("epInsert").first().waitFor({ timeout: 10_000 });
  expect(errors).toEqual([]);
  await context.close();
}, 40_000);

test("the table of calls tells what is supported and leads to the source", async () => {
  const { page, errors, context } = await site.open("room=syscalls");
  await page.getByText(/sysCallTable: \d{3} calls/).click({ timeout: 20_000 });
  await page.getByLabel("Name or number").fill("epoll_wait");
  await page.getByRole("button", { name: /^Source of epoll_wait:/ }).click();
  await page.getByRole("dialog", { name: "Kernel source" }).getByText("epoll_wait").first().waitFor({ timeout: 10_000 });
  expect(errors).toEqual([]);
  await context.close();
}, 40_000);

test("the walkthrough is filled from two runs, and a cell moves the cursor", async () => {
  const { page, errors, context } = await site.open("room=epoll", { viewport: { width: 1280, height: 900 } });
  await page.getByRole("button", { name: "Fill the table from two runs" }).click({ timeout: 20_000 });
  await page.getByRole("button", { name: /^Level-triggered: returns 1; 2048 bytes wait/ }).waitFor({ timeout: 20_000 });
  await page
    .getByRole("button", { name: /^Edge-triggered: returns 0; 2048 bytes wait/ })
    .first()
    .click();
  await page.getByText("The cursor is at this step of epoll_et.c.").waitFor({ timeout: 20_000 });
  await page
    .getByText(/Interest set of fd \d/)
    .first()
    .waitFor({ timeout: 10_000 });
  expect(errors).toEqual([]);
  await context.close();
}, 60_000);

test("the chart of a wait's cost is measured in the page, with a table beside it", async () => {
  const { page, errors, context } = await site.open("room=epoll");
  await page.getByRole("button", { name: "Measure" }).click({ timeout: 20_000 });
  await page.getByText("Counted by the kernel in these runs.").waitFor({ timeout: 60_000 });
  for (const name of [/bytes copied a call/, /files asked a call/]) await page.getByRole("img", { name }).waitFor();
  const row = await page.getByRole("row", { name: /^1000/ }).getByRole("cell").allTextContents();
  const [select, poll, epoll] = row.map((t) => (t.match(/\d+/g) ?? []).map(Number));
  expect([select?.[0], poll?.[0], epoll?.[0]]).toEqual([1000, 1000, 1]);
  expect(poll?.[1]).toBeGreaterThanOrEqual(8000);
  expect(select?.[1]).toBeLessThan(poll?.[1] as number);
  expect(epoll?.[1]).toBeLessThan(100);
  expect(errors).toEqual([]);
  await context.close();
}, 90_000);

test("the processes room draws the pages of each area at a moment, the epoll room the level of a buffer", async () => {
  const { page, errors, context } = await site.open("room=processes&program=fork_exec&at=300", { viewport: { width: 360, height: 740 } });
  await page
    .getByRole("img", { name: /^[1-9]\d* pages drawn/ })
    .first()
    .waitFor({ timeout: 20_000 });
  expect(await page.evaluate("document.querySelector('.room').scrollWidth - document.querySelector('.room').clientWidth")).toBe(0);
  await page.goto(`${site.url}#room=epoll&program=epoll_et`);
  await page.getByRole("button", { name: "Prove it" }).first().click();
  await page.getByText("The cursor is where it is seen.").waitFor({ timeout: 20_000 });
  await page.getByText(/3072 of \d+ bytes/).waitFor({ timeout: 10_000 });
  // Who waits is told by the name in the source, not by a bundler's.
  expect(await page.locator("h3:text('Wait queues') + ul").textContent()).toMatch(/epitem of fd 3/);
  expect(errors).toEqual([]);
  await context.close();
}, 60_000);

test("a program that includes the lab's own header shows it, and is compiled with it", async () => {
  const { page, errors, context } = await site.open("program=real_syscall");
  await page.locator("summary", { hasText: "commands.h" }).click();
  await page.getByText("static int commands(const char *greeting)").waitFor();
  const there = await page.evaluate(async () => (await fetch("compiler.tar.gz", { method: "HEAD" })).ok);
  if (there) {
    await page.locator(".cm-content").focus();
    await page.keyboard.press("Control+Home");
    await page.keyboard.insertText("// edited\n");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.locator(".status").filter({ hasText: "Waiting" }).waitFor({ timeout: 40_000 });
  }
  expect(errors).toEqual([]);
  await context.close();
}, 90_000);
