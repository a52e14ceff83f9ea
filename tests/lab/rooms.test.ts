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
  await lab.page.getByText(/select: task 2 has looked at \d+ of 24 descriptors/).waitFor({ timeout: 10_000 });
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 90_000);
