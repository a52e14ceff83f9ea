import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Lab } from "./site.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Runs axe in the page: one line for each violation and element. */
export async function violations(lab: Lab): Promise<string[]> {
  await lab.page.evaluate(axe);
  return lab.page.evaluate(async () => {
    type Result = { violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[] };
    const { axe } = window as unknown as { axe: { run(): Promise<Result> } };
    return (await axe.run()).violations.flatMap((v) => v.nodes.map((n) => `${v.id} ${n.target.join(" ")}: ${n.failureSummary}`));
  });
}
