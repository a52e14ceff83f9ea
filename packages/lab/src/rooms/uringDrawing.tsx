import type { CqSlotView, SqSlotView, UringView } from "../protocol.ts";

const SLOT = 74;
const BOX = 60;
const LEFT = 70;
/** Slots in a row; a larger ring goes on in the next. */
const PER_ROW = 8;
const ROW = 90;

/** user_data as people write it. */
export function numberOf(hex: string): string {
  return BigInt(`0x${hex || "0"}`).toString();
}

const range = (from: number, to: number): string => (from === to ? "empty" : `${(to - from) >>> 0} between`);

/** What the drawing shows, for those who do not see it. */
export function about(r: UringView): string {
  const sq = r.sq
    .filter((s) => s.pending)
    .map((s) => `slot ${s.slot} ${s.sqe.opcode} user_data ${numberOf(s.sqe.userData)}`)
    .join("; ");
  const cq = r.cq
    .filter((c) => c.pending)
    .map((c) => `slot ${c.slot} user_data ${numberOf(c.userData)} result ${c.res}`)
    .join("; ");
  return (
    `Submission ring: head ${r.sqHead.value}, tail ${r.sqTail.value}, ${range(r.sqHead.value, r.sqTail.value)}${sq ? `: ${sq}` : ""}. ` +
    `Completion ring: head ${r.cqHead.value}, tail ${r.cqTail.value}, ${range(r.cqHead.value, r.cqTail.value)}${cq ? `: ${cq}` : ""}.`
  );
}

interface Slot {
  readonly slot: number;
  readonly pending: boolean;
  readonly lines: readonly string[];
}

function sqSlot(s: SqSlotView): Slot {
  const { slot, pending, sqe } = s;
  // The array is a word for each slot: which entry it stands for. What nobody has set names the first.
  if (!pending && sqe.index !== slot) return { slot, pending, lines: ["", ""] };
  const used = pending || sqe.userData !== "0" || sqe.opcode !== "NOP";
  return { slot, pending, lines: used ? [sqe.opcode, `ud ${numberOf(sqe.userData)}`] : ["", ""] };
}
const cqSlot = (c: CqSlotView): Slot => ({
  slot: c.slot,
  pending: c.pending,
  lines: c.pending || c.userData !== "0" || c.res !== 0 ? [`res ${c.res}`, `ud ${numberOf(c.userData)}`] : ["", ""],
});

/** Cuts a text to what fits a slot. */
const cut = (text: string): string => (text.length > 10 ? `${text.slice(0, 9)}…` : text);

interface RingProps {
  readonly y: number;
  readonly title: string;
  readonly slots: readonly Slot[];
  readonly entries: number;
  readonly head: number;
  readonly tail: number;
  /** Who moves the index. */
  readonly headBy: string;
  readonly tailBy: string;
}

/** One ring: its slots in order, head and tail at the slots that their masked values name. */
function Ring({ y, title, slots, entries, head, tail, headBy, tailBy }: RingProps) {
  const at = (index: number): { x: number; y: number } => {
    const place = slots.findIndex((s) => s.slot === (index & (entries - 1)) >>> 0);
    const n = Math.max(0, place);
    return { x: LEFT + (n % PER_ROW) * SLOT + BOX / 2, y: y + 34 + Math.floor(n / PER_ROW) * ROW };
  };
  const h = at(head);
  const t = at(tail);
  return (
    <g>
      <text x="4" y={y + 14} font-size="12.5" font-weight="600" fill="var(--text)">
        {title}
      </text>
      <text x="4" y={y + 60} font-size="11" fill="var(--soft)">
        mask {entries - 1}
      </text>
      {slots.map((s, i) => {
        const x = LEFT + (i % PER_ROW) * SLOT;
        const top = y + 34 + Math.floor(i / PER_ROW) * ROW;
        return (
          <g key={s.slot}>
            <rect
              x={x}
              y={top}
              width={BOX}
              height="40"
              rx="5"
              fill={s.pending ? "var(--lit)" : "var(--sunken)"}
              stroke={s.pending ? "var(--good)" : "var(--line)"}
              stroke-width={s.pending ? 2 : 1}
              stroke-dasharray={s.pending ? undefined : "3 3"}
            />
            <text x={x + 3} y={top - 4} font-size="10" fill="var(--soft)">
              [{s.slot}]
            </text>
            {s.lines.map((line, l) => (
              <text
                key={l}
                x={x + BOX / 2}
                y={top + 17 + l * 15}
                font-size="11"
                text-anchor="middle"
                fill={s.pending ? "var(--text)" : "var(--soft)"}
              >
                {cut(line)}
              </text>
            ))}
          </g>
        );
      })}
      <Pointer x={h.x - 12} y={h.y} name={`head ${head}`} by={headBy} end="start" />
      <Pointer x={t.x + 12} y={t.y} name={`tail ${tail}`} by={tailBy} end="end" />
    </g>
  );
}

/** An index below the slot that it names: head on the left of the slot's middle, tail on the right. */
function Pointer({ x, y, name, by, end }: { x: number; y: number; name: string; by: string; end: "start" | "end" }) {
  const colour = by === "program" ? "var(--accent)" : "var(--good)";
  const below = end === "start" ? 0 : 12;
  return (
    <g>
      <line x1={x} x2={x} y1={y + 42} y2={y + 52} stroke={colour} stroke-width="2" />
      <polygon points={`${x},${y + 41} ${x - 4},${y + 48} ${x + 4},${y + 48}`} fill={colour} />
      <text x={x} y={y + 62 + below} font-size="10.5" text-anchor="middle" fill="var(--text)">
        {name}
      </text>
    </g>
  );
}

const rows = (n: number): number => Math.max(1, Math.ceil(n / PER_ROW));

/** Both rings as they lie in the memory that program and kernel share. */
export function UringDrawing({ ring: r }: { ring: UringView }) {
  const sqHeight = 34 + rows(r.sq.length) * ROW;
  const cqHeight = 34 + rows(r.cq.length) * ROW;
  const width = LEFT + Math.max(4, Math.min(PER_ROW, Math.max(r.sq.length, r.cq.length))) * SLOT + 4;
  const height = sqHeight + cqHeight;
  return (
    <svg
      class="drawing uring-drawing"
      viewBox={`0 0 ${width} ${height}`}
      style={`width:${width}px;max-width:max(100%, ${Math.round(width * 0.75)}px)`}
      role="img"
      aria-label={about(r)}
    >
      <Ring
        y={0}
        title="Submission ring: the program moves the tail, the kernel the head"
        slots={r.sq.map(sqSlot)}
        entries={r.sqEntries}
        head={r.sqHead.value}
        tail={r.sqTail.value}
        headBy="kernel"
        tailBy="program"
      />
      <Ring
        y={sqHeight}
        title="Completion ring: the kernel moves the tail, the program the head"
        slots={r.cq.map(cqSlot)}
        entries={r.cqEntries}
        head={r.cqHead.value}
        tail={r.cqTail.value}
        headBy="program"
        tailBy="kernel"
      />
    </svg>
  );
}
