import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, Site } from "./site.ts";

let site: Site;

beforeAll(async () => {
  site = await Site.start();
}, 150_000);
afterAll(() => site?.stop());

async function ended(hash: string): Promise<Lab> {
  const lab = await site.open(hash, { viewport: { width: 1440, height: 900 } });
  await lab.run();
  await lab.status(/Program (exited|killed)/);
  return lab;
}

/** Puts the cursor on the n-th event that a search finds. */
async function found(lab: Lab, text: string, n: number): Promise<void> {
  await lab.page.getByLabel("Search the events").fill(text);
  await lab.page.getByRole("list", { name: "Events found" }).getByRole("button").nth(n).click();
  await lab.page.locator('.pane.moment[aria-busy="false"]').waitFor();
}

test("at a system call the source line, the registers, the code, memory and the kernel function are those of one moment", async () => {
  const lab = await ended("program=pipe");
  const { page } = lab;
  // The first write of the child: "message 1" from line[].
  await found(lab, "write pid 3", 0);
  const moment = page.locator(".pane.moment");
  await expect.poll(() => moment.locator(".ring").textContent()).toMatch(/write\(p\[1\], line, n\);/);
  expect(await page.locator(".cm-current").textContent()).toContain("write(p[1], line, n);");
  expect(await moment.locator(".ring").textContent()).toMatch(/doSyscall64\(\) stands for Linux’s do_syscall_64 in arch\/x86\/entry/);
  const register = (name: string): Promise<string | null> =>
    moment
      .locator(".register")
      .filter({ hasText: new RegExp(`^${name}`) })
      .first()
      .locator("dd")
      .textContent();
  const rip = /[1-9a-f][0-9a-f]*/.exec((await register("rip")) ?? "")?.[0] ?? "none";
  const code = page.getByRole("table", { name: "Instructions around the next one" });
  await code.waitFor();
  await expect.poll(() => code.locator("[aria-current]").textContent()).toContain(rip);
  // The instruction before it is the one that entered the kernel.
  const rows = await code.getByRole("row").allTextContents();
  expect(rows[rows.findIndex((r) => r.startsWith(rip)) - 1]).toMatch(/syscall/);
  const stack = page.getByRole("table", { name: "The stack, from rsp on" });
  await expect.poll(() => stack.textContent()).toMatch(/main\+0x/);
  await page.getByLabel("from", { exact: true }).fill("rsi");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.getByRole("table", { name: "Bytes of memory" }).textContent()).toContain("message 1");
  await page.getByLabel("from", { exact: true }).fill("nowhere");
  await page.keyboard.press("Enter");
  await page.getByText("no register and no address").waitFor();
  // The kernel function leads to its place in this repository.
  await moment.getByRole("button", { name: "doSyscall64()" }).click();
  const dialog = page.getByRole("dialog", { name: "Kernel source" });
  await dialog.locator(".at").filter({ hasText: "doSyscall64" }).waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 90_000);

test("registers that changed since the last moment are marked", async () => {
  const lab = await ended("program=hello");
  await lab.page.locator(".lanes").press("Home");
  await lab.page.locator('.lanes[aria-valuenow="1"]').waitFor();
  await lab.page.locator('.pane.moment[aria-busy="false"]').waitFor();
  await lab.page.keyboard.press("Control+F10");
  await expect.poll(() => lab.page.locator(".register.changed").allTextContents()).toContainEqual(expect.stringMatching(/^rip/));
  // One instruction changes few of them.
  expect(await lab.page.locator(".register.changed").count()).toBeLessThan(5);
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 60_000);

test("the list of events has calls as strace prints them; only what is found is shown if asked; one task's lane alone", async () => {
  const lab = await ended("program=pipe");
  const { page } = lab;
  await page.getByLabel("Search the events").fill("write pid 3");
  await page.getByRole("list", { name: "Events found" }).getByText('write(4, "message 1\\n", 10)').first().waitFor({ timeout: 20_000 });
  await page.locator(".in-sight").filter({ hasText: "2 tasks" }).waitFor();
  await page.getByLabel("only these").check();
  await page.locator(".in-sight").filter({ hasText: "1 task;" }).waitFor();
  await page.getByLabel("only these").uncheck();
  await page.getByLabel("Search the events").fill("");
  await page.getByLabel("Tasks shown").selectOption({ label: "only pipe 2" });
  await page.locator(".in-sight").filter({ hasText: "1 task;" }).waitFor();
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 60_000);

test("the overview: a drag over it shows that stretch, a click moves the cursor, All shows the whole run", async () => {
  const lab = await ended("program=pipe");
  const { page } = lab;
  const sight = async (): Promise<number> =>
    Number(/(\d+) events in sight/.exec((await page.locator(".in-sight").textContent()) ?? "")?.[1]);
  const all = await sight();
  const box = (await page.locator(".overview").boundingBox())!;
  const at = (part: number): [number, number] => [box.x + 104 + (box.width - 104) * part, box.y + 15];
  await page.mouse.move(...at(0.2));
  await page.mouse.down();
  await page.mouse.move(...at(0.3), { steps: 4 });
  await page.mouse.move(...at(0.45), { steps: 4 });
  await page.mouse.up();
  await expect.poll(sight).toBeLessThan(all * 0.3);
  expect(await sight()).toBeGreaterThan(all * 0.2);
  await page.mouse.click(...at(0.9));
  await expect.poll(async () => Number(await page.locator(".lanes").getAttribute("aria-valuenow"))).toBeGreaterThan(all * 0.8);
  await page.getByRole("button", { name: "All", exact: true }).click();
  await expect.poll(sight).toBe(all);
  // Under the pointer: what it is, in words.
  const lanes = (await page.locator(".lanes").boundingBox())!;
  await page.mouse.move(lanes.x + 104 + (lanes.width - 104) * 0.5, lanes.y + 22 + 31);
  await page
    .locator(".tip")
    .filter({ hasText: /pipe 2 (running|sleeping|runnable)|event \d+/ })
    .waitFor();
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 60_000);

test("a crash: Show where leads to the faulting line", async () => {
  const lab = await ended("room=signals&program=crash");
  await lab.page.getByRole("button", { name: "Show where" }).click();
  await expect.poll(() => lab.page.locator(".ring").textContent()).toMatch(/line 8\s*\*nowhere = 42;/);
  expect(await lab.page.locator(".cm-current").textContent()).toContain("*nowhere = 42;");
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 60_000);

test("? opens the help, but not while text is written; the height of the timeline is changed with the keyboard", async () => {
  const lab = await site.open("program=hello", { viewport: { width: 1440, height: 900 } });
  const { page } = lab;
  const help = page.getByRole("dialog", { name: "How the lab works" });
  await page.getByLabel("Arguments").focus();
  await page.keyboard.press("?");
  expect(await help.isVisible()).toBe(false);
  expect(await page.getByLabel("Arguments").inputValue()).toBe("?");
  await page.locator(".lanes").focus();
  await page.keyboard.press("?");
  await help.waitFor();
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });
  const height = async (): Promise<number> => (await page.locator(".pane.timeline").boundingBox())!.height;
  const before = await height();
  await page.getByRole("separator", { name: "Height of the timeline" }).press("ArrowUp");
  await expect.poll(height).toBe(before + 20);
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 60_000);

test("a room that is entered before anything was run brings its program along; afterwards it offers it", async () => {
  const lab = await site.open("", { viewport: { width: 1440, height: 900 } });
  const { page } = lab;
  await page.getByRole("button", { name: "epoll", exact: true }).click();
  await expect.poll(() => page.getByLabel("Example program").inputValue()).toBe("epoll_lt");
  await lab.run();
  await lab.status(/Program exited/);
  await page.getByRole("button", { name: "Processes", exact: true }).click();
  await page.getByRole("button", { name: /^Open \w+\.c for it/ }).waitFor();
  expect(await page.getByLabel("Example program").inputValue()).toBe("epoll_lt");
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 60_000);
