import { FRAME_SIZE, INFO } from "@lstar/kernel/arch/x86/kernel/sigframe.ts";
import type { HandlerPicture, StackRow } from "./handlerRun.ts";
import { Wide } from "./wide.tsx";

/** sizeof(struct sigcontext), with its reserved words. */
const SIGCONTEXT = 256;

interface Block {
  readonly label: string;
  /** First address and length in bytes. */
  readonly from: number;
  readonly size: number;
  readonly part: "own" | "red" | "gap" | "frame";
}

const KINDS: readonly (readonly [test: (name: string) => boolean, label: string, part: Block["part"]])[] = [
  [(n) => n.startsWith("interrupted") || n.startsWith("its stack"), "interrupted function", "own"],
  [(n) => n.startsWith("red zone"), "red zone", "red"],
  [(n) => n.startsWith("fpstate"), "x87 and SSE state", "frame"],
  [(n) => n.startsWith("info."), "siginfo", "frame"],
  [(n) => n === "uc.uc_sigmask", "uc_sigmask", "frame"],
  [(n) => n.startsWith("uc.uc_mcontext"), "uc_mcontext: registers", "frame"],
  [(n) => n.startsWith("uc."), "uc_flags, uc_link, uc_stack", "frame"],
  [(n) => n === "pretcode", "pretcode: return address", "frame"],
];

/** The rows of the stack put together to what they are parts of, highest first, with the gaps between. */
export function blocksOf(rows: readonly StackRow[]): Block[] {
  const found: { label: string; part: Block["part"]; from: number; to: number }[] = [];
  for (const row of rows) {
    const kind = KINDS.find(([test]) => test(row.name));
    if (!kind) continue;
    const [, label, part] = kind;
    const from = Number.parseInt(row.address, 16);
    const known = found.find((b) => b.label === label);
    if (known) {
      known.from = Math.min(known.from, from);
      known.to = Math.max(known.to, from + row.size);
    } else found.push({ label, part, from, to: from + row.size });
  }
  const frame = found.find((b) => b.label.startsWith("pretcode"));
  const registers = found.find((b) => b.label.startsWith("uc_mcontext"));
  if (registers) registers.to = registers.from + SIGCONTEXT;
  if (frame && !found.some((b) => b.label === "siginfo"))
    found.push({ label: "siginfo: not written", part: "gap", from: frame.from + INFO, to: frame.from + FRAME_SIZE });
  const info = found.find((b) => b.label === "siginfo");
  if (info) info.to = info.from + (FRAME_SIZE - INFO);
  found.sort((a, b) => b.from - a.from);
  const out: Block[] = [];
  found.forEach((b, i) => {
    const above = found[i - 1];
    if (above && above.from > b.to) out.push({ label: "padding", part: "gap", from: b.to, size: above.from - b.to });
    out.push({ label: b.label, part: b.part, from: b.from, size: b.to - b.from });
  });
  return out;
}

const COLUMN = 216;
/** Of which the stack itself is so wide. */
const BOX = 172;
const LEFT = 112;
const ROW = 26;
const TOP = 30;
const TITLES = ["before", "in the handler", "after"] as const;

/** The stack as three columns: what was there, what the kernel laid below it, and that it is free again. */
export function StackSketch({ picture, signal }: { picture: HandlerPicture; signal: string }) {
  const blocks = blocksOf(picture.stack);
  const rsp = picture.registers.find((r) => r.name === "rsp")?.values ?? [];
  const pointers = [rsp[0], rsp[2], rsp[3]].map((v) => (v ? Number.parseInt(v, 16) : Number.NaN));
  const height = TOP + (blocks.length + 1) * ROW + 8;
  const frame = blocks.filter((b) => b.part === "frame");
  const bottom = frame.at(-1)?.from ?? 0;
  const about = `The stack when ${signal} comes: ${blocks.map((b) => `${b.label}, ${b.size} bytes`).join("; ")}. rsp before ${rsp[0]}, in the handler ${rsp[2]}, after ${rsp[3] || "not yet"}.`;
  /** Where an address is drawn: at the lower edge of the block above it. */
  const yOf = (address: number): number => {
    const i = blocks.findIndex((b) => b.from === address);
    return i >= 0 ? TOP + (i + 1) * ROW : TOP + (blocks.length + 0.5) * ROW;
  };
  return (
    <Wide label="The stack, drawn">
      <svg class="drawing" viewBox={`0 0 ${LEFT + 3 * COLUMN + 10} ${height}`} role="img" aria-label={about}>
        {blocks.map((b, i) => (
          <text key={b.label + b.from} x={LEFT - 8} y={TOP + (i + 1) * ROW + 3} font-size="10.5" text-anchor="end" fill="var(--soft)">
            {b.from.toString(16)}
          </text>
        ))}
        {TITLES.map((title, c) => {
          const x = LEFT + c * COLUMN;
          const none = c === 2 && Number.isNaN(pointers[2] as number);
          const at = pointers[c] as number;
          return (
            <g key={title}>
              <text x={x + BOX / 2} y="16" font-size="13" text-anchor="middle" fill="var(--text)">
                {none ? "after: not yet" : title}
              </text>
              {blocks.map((b, i) => {
                const live = b.part === "own" || b.part === "red" || (c === 1 && b.part === "frame");
                return (
                  <g key={b.label + b.from}>
                    <rect
                      x={x}
                      y={TOP + i * ROW}
                      width={BOX}
                      height={ROW}
                      fill={c === 1 && b.part === "frame" ? "var(--lit)" : live ? "var(--sunken)" : "var(--raised)"}
                      stroke={live ? "var(--soft)" : "var(--line)"}
                      stroke-dasharray={live ? undefined : "3 3"}
                    />
                    <text
                      x={x + BOX / 2}
                      y={TOP + i * ROW + 17}
                      font-size="11"
                      text-anchor="middle"
                      fill={live ? "var(--text)" : "var(--soft)"}
                    >
                      {live || c === 1 ? b.label : c === 0 ? "free" : "free again"}
                      {c === 1 && ` ${b.size}`}
                    </text>
                  </g>
                );
              })}
              {!none && at > 0 && (
                <>
                  <line x1={x + BOX} x2={x + BOX + 28} y1={yOf(at)} y2={yOf(at)} stroke="var(--accent)" stroke-width="2" />
                  <polygon
                    points={`${x + BOX},${yOf(at)} ${x + BOX + 8},${yOf(at) - 4} ${x + BOX + 8},${yOf(at) + 4}`}
                    fill="var(--accent)"
                  />
                  <text x={x + BOX + 6} y={yOf(at) - 6} font-size="11" fill="var(--accent)">
                    rsp
                  </text>
                </>
              )}
            </g>
          );
        })}
        <text x={LEFT + COLUMN + BOX / 2} y={height - 14} font-size="11" text-anchor="middle" fill="var(--soft)">
          {pointers[1] === bottom ? "the handler’s own stack grows on from here" : "…"}
        </text>
      </svg>
    </Wide>
  );
}
