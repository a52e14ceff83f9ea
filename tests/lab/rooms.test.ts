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
  await page.getByText(/Ready list: fd \d/).waitFor({ timeout: 10_000 });
  expect(errors).toEqual([]);
  await context.close();
}, 60_000);
