import { afterAll, beforeAll, expect, test } from "vitest";
import { Site } from "./site.ts";

let site: Site;

beforeAll(async () => {
  site = await Site.start();
}, 150_000);
afterAll(() => site?.stop());

test("the rings are drawn at the cursor, with what is in flight, and go back with it", async () => {
  const lab = await site.open("room=io_uring&program=uring_flight", { viewport: { width: 360, height: 740 } });
  const { page } = lab;
  await lab.run();
  await lab.status(/Program exited/);
  await page.getByRole("searchbox").fill("io_uring wait");
  await page.getByRole("list", { name: "Events found" }).getByRole("button").first().click();
  await page.getByText(/Ring of fd \d+, process 2/).waitFor({ timeout: 20_000 });
  await page.getByText("In flight: 6").waitFor({ timeout: 10_000 });
  for (const state of ["poll", "timer", "worker", "link"]) await page.locator(`.request-state.${state}`).first().waitFor();
  await page.getByRole("img", { name: /Submission ring: head 6, tail 6, empty.*Completion ring: head 0, tail 0, empty/ }).waitFor();
  await page.getByText(/io_uring_enter.? for 6 operations/).waitFor();
  // The tail was moved by the program: the button finds the store.
  await page.getByRole("button", { name: "Who moved sq_tail last?" }).click();
  await page.getByText(/sq_tail: 0 → 6 by the program, line \d+ \(task 2\)/).waitFor({ timeout: 20_000 });
  await page.getByRole("button", { name: "Go there" }).click();
  await page.getByRole("img", { name: /Submission ring: head 0, tail 0, empty/ }).waitFor({ timeout: 10_000 });
  await page.getByText("In flight: 0").waitFor();
  expect(await page.evaluate("document.querySelector('.room').scrollWidth - document.querySelector('.room').clientWidth")).toBe(0);
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 90_000);

test("the six steps are filled from two runs, and a cell moves the cursor to them", async () => {
  const { page, errors, context } = await site.open("room=io_uring", { viewport: { width: 1280, height: 900 } });
  await page.getByRole("button", { name: "Fill the steps from two runs" }).click();
  const tail = page.getByRole("button", { name: /^With SQPOLL: sq_tail 0 → 1, a store in line \d+/ });
  await tail.waitFor({ timeout: 40_000 });
  await tail.click();
  await page.getByText("The cursor is at step 2 of uring_read sqpoll.").waitFor({ timeout: 20_000 });
  await page
    .getByRole("img", { name: /Submission ring: head 0, tail 1, 1 between: slot 0 READ user_data 42/ })
    .waitFor({ timeout: 10_000 });
  await page.getByRole("button", { name: /^By io_uring_enter: user_data 42, res 4096/ }).click();
  await page.getByText("The cursor is at step 5 of uring_read enter.").waitFor({ timeout: 20_000 });
  await page
    .getByRole("img", { name: /Completion ring: head 0, tail 1, 1 between: slot 0 user_data 42 result 4096/ })
    .waitFor({ timeout: 10_000 });
  expect(errors).toEqual([]);
  await context.close();
}, 90_000);

test("the calls of the same reads are counted in the page", async () => {
  const { page, errors, context } = await site.open("room=io_uring");
  await page.getByRole("button", { name: "Count the calls" }).click();
  await page.getByText("Counted by the kernel in these runs.").waitFor({ timeout: 60_000 });
  const calls = async (name: RegExp): Promise<number> =>
    Number.parseInt((await page.getByRole("row", { name }).getByRole("cell").allTextContents())[1] ?? "", 10);
  expect([await calls(/^pread/), await calls(/one at a time/), await calls(/16 at a time/)]).toEqual([64, 64, 4]);
  expect(await calls(/SQPOLL/)).toBeLessThanOrEqual(1);
  expect(errors).toEqual([]);
  await context.close();
}, 90_000);
