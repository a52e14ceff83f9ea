import { afterAll, beforeAll, expect, test } from "vitest";
import { violations } from "./axe.ts";
import { Site } from "./site.ts";

/** Each room, the question whose proof is shown (-1: none), and the buttons that fill it with what the room says when each is done. */
const rooms: readonly (readonly [room: string, question: number, buttons: readonly (readonly [button: string, done: string])[]])[] = [
  ["syscalls", 2, [["Start both", "Start again"]]],
  ["vdso", 1, [["Measure here", "Measured on this computer"]]],
  [
    "epoll",
    0,
    [
      ["Fill the table from two runs", "Each cell was read"],
      ["Run both", "Both forward"],
      ["Run it", "One forward"],
      ["Measure", "Counted by the kernel"],
      ["Start both", "Start again"],
    ],
  ],
  [
    "io_uring",
    0,
    [
      ["Fill the steps from two runs", "Each cell was read"],
      ["Count the calls", "Counted by the kernel"],
      ["Start both", "Start again"],
    ],
  ],
  ["copies", 0, [["Count the copies", "Counted by the kernel"]]],
  ["signals", 1, [["Start both", "Start again"]]],
  ["processes", 1, []],
  ["source", -1, []],
];
let site: Site;

beforeAll(async () => {
  site = await Site.start();
}, 150_000);
afterAll(() => site?.stop());

test.each(rooms)(
  "room %s with all of it filled and open: nothing for axe to complain of in light and dark, nothing too wide on a phone",
  async (room, question, buttons) => {
    const lab = await site.open(`room=${room}`);
    const { page } = lab;
    await page.locator(".room h2").waitFor();
    if (question >= 0) {
      const q = page.locator(".question").nth(question);
      await q.getByRole("button", { name: "Reveal" }).click();
      await q.getByRole("button", { name: "Prove it" }).click();
      await q.getByText("The cursor is where it is seen.").waitFor({ timeout: 40_000 });
    }
    const pane = page.locator(".room");
    for (const [button, done] of buttons) {
      await pane.getByRole("button", { name: button, exact: true }).click();
      await pane.getByText(done).first().waitFor({ timeout: 60_000 });
    }
    for (const summary of await page.locator(".room summary").all()) await summary.click();
    await page.waitForTimeout(500);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect([colorScheme, await violations(lab)]).toEqual([colorScheme, []]);
    }
    await page.setViewportSize({ width: 360, height: 740 });
    await page.waitForTimeout(500);
    const wide = await page.evaluate(() => {
      const room = document.querySelector(".room") as HTMLElement;
      return [document.documentElement.scrollWidth - window.innerWidth, room.scrollWidth - room.clientWidth];
    });
    expect(wide).toEqual([0, 0]);
    expect(lab.errors).toEqual([]);
    await lab.close();
  },
  150_000,
);
