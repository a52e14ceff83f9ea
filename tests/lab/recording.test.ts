import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compile, freshDirectory, need, root } from "../native.ts";
import { record, replay } from "../record/drive.ts";
import { Site } from "./site.ts";

/** Recordings that lstar made, opened in the lab. */
let site: Site;
let dir: { path: string; remove: () => void };

beforeAll(async () => {
  dir = freshDirectory();
  site = await Site.start();
}, 240_000);
afterAll(async () => {
  await site?.stop();
  dir?.remove();
});

test("a recorded bash is run, gone back in, and ends as it did, to the last byte of memory", { timeout: 240_000 }, async () => {
  const file = join(dir.path, "bash.lstar");
  const script = "read -r x; echo got $x; (echo child; exit 3); echo status $? at $EPOCHREALTIME; wc -l < /etc/passwd";
  const recorded = await record(file, ["--root", "/", "--clock", "real", "--", "/bin/bash", "-c", script], { input: "a line\n" });
  expect(recorded.stdout).toMatch(/^got a line\nchild\nstatus 3 at \d+\.\d+\n\d+\n$/);

  const lab = await site.open();
  await lab.page.getByLabel("Recording to open").setInputFiles(file);
  await lab.page.locator(".recording code").filter({ hasText: "/bin/bash -c" }).waitFor();
  await lab.run();
  await lab.status(/As recorded, to the last byte of memory/, 120_000);
  await lab.status(/exited/);
  const where = async (): Promise<string> => (await lab.page.locator(".where").textContent()) ?? "";
  const length = JSON.parse((await replay(file, "--info", "--json")).stdout).end.position as number;
  expect(await where()).toContain(length.toLocaleString("en"));
  await expect.poll(() => lab.page.locator(".pane.terminal").textContent()).toContain("status 3 at");

  // Back in the run, and forth again.
  await lab.page.locator(".lanes").focus();
  await lab.page.keyboard.press("Home");
  await expect.poll(() => lab.page.locator(".lanes").getAttribute("aria-valuenow")).toBe("1");
  await lab.page.locator(".pane.moment .registers").waitFor();
  await lab.page.keyboard.press("ArrowRight");
  await expect.poll(() => lab.page.locator(".lanes").getAttribute("aria-valuenow")).toBe("2");
  await lab.page.keyboard.press("End");
  await expect.poll(where).toContain(length.toLocaleString("en"));
  expect(lab.errors).toEqual([]);
  await lab.close();
});

test("a dropped file of a program with lines; a damaged one is refused, and what was open stays", { timeout: 240_000 }, async () => {
  const file = join(dir.path, "threads.lstar");
  const program = await compile(join(root, "tests/record/threads.c"), ["-g", "-O1", "-static", "-pthread"]);
  const recorded = await record(file, ["--chaos", "--seed", "3", "--", program]);
  const lab = await site.open();
  const drop = (name: string, bytes: Buffer): Promise<void> =>
    lab.page.evaluate(
      ([n, base64]) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], n));
        for (const type of ["dragover", "drop"])
          document.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
      },
      [name, bytes.toString("base64")] as const,
    );
  await drop("threads.lstar", readFileSync(file));
  await lab.page.locator(".recording code").waitFor();
  await lab.run();
  await lab.status(/As recorded/, 120_000);
  await expect.poll(() => lab.page.locator(".pane.terminal").textContent()).toContain(recorded.stdout.trim());

  const damaged = readFileSync(file);
  damaged[damaged.length >> 1]! ^= 1;
  await drop("damaged.lstar", damaged);
  await lab.page.getByRole("alert").filter({ hasText: "is damaged" }).waitFor();
  await drop("busybox", readFileSync(need("/bin/busybox")).subarray(0, 4096));
  await lab.page.getByRole("alert").filter({ hasText: "is not an lstar recording" }).waitFor();
  expect(await lab.page.locator(".recording b").textContent()).toBe("threads.lstar");
  await lab.page.getByRole("button", { name: "Close" }).first().click();
  await lab.page.locator("#program").waitFor();
  expect(lab.errors).toEqual([]);
  await lab.close();
});

test("a recording that was cut off runs up to its end and says so", { timeout: 240_000 }, async () => {
  const file = join(dir.path, "long.lstar");
  const loop = "print(1)";
  await record(file, ["--root", "/", "--", need("python3"), "-S", "-c", loop]);
  const whole = readFileSync(file);
  const cut = join(dir.path, "cut.lstar");
  writeFileSync(cut, whole.subarray(0, whole.length - 20));
  const lab = await site.open();
  await lab.page.getByLabel("Recording to open").setInputFiles(cut);
  await lab.run();
  await lab.status(/The recording ends here/, 120_000);
  expect(lab.errors).toEqual([]);
  await lab.close();
});
