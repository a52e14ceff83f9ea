import { afterAll, beforeAll, expect, test } from "vitest";
import { violations } from "./axe.ts";
import { type Lab, Site } from "./site.ts";

const rooms = [
  ["syscalls", "hello"],
  ["vdso", "vdso_clock"],
  ["epoll", "epoll_lt"],
  ["signals", "signals"],
  ["processes", "fork_exec"],
  ["copies", "copies"],
  ["source", "hello"],
] as const;
let site: Site;

beforeAll(async () => {
  site = await Site.start();
}, 150_000);
afterAll(() => site?.stop());

test.each(rooms.flatMap(([room, program]) => (["light", "dark"] as const).map((scheme) => [room, scheme, program] as const)))(
  "room %s in %s: nothing for axe to complain of, at a phone's width too",
  async (room, colorScheme, program) => {
    const lab = await site.open(`room=${room}&program=${program}`, { colorScheme });
    await lab.run();
    await lab.status(/Program exited/);
    await lab.page.locator(".pane.moment .registers").waitFor();
    expect(await violations(lab)).toEqual([]);
    await lab.page.setViewportSize({ width: 360, height: 740 });
    await lab.page.waitForTimeout(300);
    const wide = await lab.page.evaluate(() =>
      [...document.querySelectorAll("header *, main *")]
        .filter((e) => document.documentElement.scrollWidth > 360 && e.getBoundingClientRect().right > 360)
        .map((e) => `${e.tagName}.${e.className} reaches ${e.getBoundingClientRect().right}`)
        .slice(0, 8),
    );
    expect(wide).toEqual([]);
    expect(lab.errors).toEqual([]);
    await lab.close();
  },
  40_000,
);

test("dialogs, a search and an empty page: nothing for axe to complain of", async () => {
  const lab = await site.open("program=pipe", { colorScheme: "dark" });
  const { page } = lab;
  expect(await violations(lab)).toEqual([]);
  await page.getByRole("button", { name: "Help and keys" }).click();
  await page.getByRole("dialog", { name: "How the lab works" }).waitFor();
  expect(await violations(lab)).toEqual([]);
  await page.keyboard.press("Escape");
  await lab.run();
  await lab.status(/Program exited/);
  await page.getByLabel("Search the events").fill("write");
  await page.getByLabel("only these").check();
  expect(await violations(lab)).toEqual([]);
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByRole("dialog", { name: "Share this moment" }).waitFor();
  expect(await violations(lab)).toEqual([]);
  await page.keyboard.press("Escape");
  await page.locator(".pane.moment").getByRole("button", { name: /\(\)$/ }).click();
  await page.getByRole("dialog", { name: "Kernel source" }).locator(".at").waitFor();
  expect(await violations(lab)).toEqual([]);
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 90_000);

test("a program is run and looked at with the keyboard alone", async () => {
  const lab = await site.open("program=pipe");
  const { keyboard } = lab.page;
  const focused = (): Promise<string> =>
    lab.page.evaluate(() => {
      const e = document.activeElement;
      return e?.getAttribute("aria-label") ?? e?.textContent?.trim() ?? "";
    });
  const tabTo = async (name: string): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      if ((await focused()) === name) return;
      await keyboard.press("Tab");
    }
    throw new Error(`Tab does not lead to ${name}`);
  };
  await tabTo("Run");
  await keyboard.press("Enter");
  await lab.status(/Program exited/);
  await keyboard.press("Shift+F10");
  await expect.poll(() => lab.page.locator(".pane.moment").textContent()).toMatch(/line \d+/);
  await tabTo("Back by one C line");
  await keyboard.press("Enter");
  await lab.page.locator(".lanes").focus();
  await keyboard.press("Home");
  await expect.poll(() => lab.page.locator(".lanes").getAttribute("aria-valuenow")).toBe("1");
  await keyboard.press("ArrowRight");
  await expect.poll(() => lab.page.locator(".lanes").getAttribute("aria-valuenow")).toBe("2");
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 60_000);

test("after the first visit the lab works without a network", async () => {
  const lab = await site.open("program=hello");
  await lab.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await expect.poll(() => lab.page.evaluate(() => navigator.serviceWorker.controller !== null), { timeout: 10_000 }).toBe(true);
  await lab.context.setOffline(true);
  await lab.page.reload();
  await lab.run();
  await lab.status(/Program exited/);
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 60_000);

/** Puts a text in the place of the program's source. */
async function write(lab: Lab, text: string): Promise<void> {
  await lab.page.locator(".cm-content").focus();
  await lab.page.keyboard.press("Control+a");
  await lab.page.keyboard.insertText(text);
}

test("a compile error is shown at its line; without the compiler's image the page says so, and what is built runs", async () => {
  const lab = await site.open("program=hello");
  const there = await lab.page.evaluate(async () => (await fetch("compiler.tar.gz", { method: "HEAD" })).ok);
  if (there) {
    await write(lab, "int main(void) {\n  return 0;\n  oops;\n}\n");
    await lab.run();
    await lab.page.getByRole("alert").filter({ hasText: "Compile error in line 3" }).waitFor({ timeout: 30_000 });
    await lab.page.locator(".cm-lint-marker-error, .cm-lintRange-error").first().waitFor();
  }
  const context = await site.browser.newContext({ serviceWorkers: "block" });
  await context.route("**/compiler.tar.gz", (route) => route.fulfill({ status: 404 }));
  const page = await context.newPage();
  await page.goto(`${site.url}#program=hello`);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator(".status").filter({ hasText: "Program exited" }).waitFor();
  await page.locator(".cm-content").focus();
  await page.keyboard.type("//");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: "compiler image is not part of this page" }).waitFor();
  expect(lab.errors).toEqual([]);
  await context.close();
  await lab.close();
}, 90_000);

test("ten megabytes pasted: each place takes it or says why not", async () => {
  const lab = await site.open("program=read_write");
  const paste = (selector: string): Promise<void> =>
    lab.page.evaluate((s) => {
      const data = (window as unknown as { pasted: DataTransfer }).pasted;
      const target = document.querySelector(s) as HTMLElement;
      target.focus();
      target.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }, selector);
  await lab.page.locator("details.stdin summary").click();
  // The text is made once, outside of what is measured.
  await lab.page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text/plain", "0123456789abcde\n".repeat(655_360));
    (window as unknown as { pasted: DataTransfer }).pasted = data;
  });
  await lab.watch();
  await paste("#stdin");
  await lab.page.getByText("10,485,760 characters of pasted text").waitFor();
  await lab.page.getByRole("button", { name: "Remove" }).click();
  await lab.run();
  await lab.status(/Waiting/);
  await paste(".xterm-helper-textarea");
  await lab.page.getByRole("alert").filter({ hasText: "too much for a terminal" }).waitFor();
  await paste(".cm-content");
  await lab.page
    .getByRole("alert")
    .filter({ hasText: /editor|source/ })
    .waitFor();
  const longest = await lab.longest();
  console.log(`lab: 10 MB pasted, longest task ${longest} ms`);
  expect(longest).toBeLessThan(100);
  await lab.page.getByRole("button", { name: "Reset" }).click();
  await lab.status("Not started", 5000);
  expect(lab.errors).toEqual([]);
  await lab.close();
}, 60_000);
