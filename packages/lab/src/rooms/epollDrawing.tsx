import type { EpollItemDetails } from "../machine/views/epoll.ts";
import type { EpollView } from "../protocol.ts";

const STEP_X = 56;
const STEP_Y = 52;
const RADIUS = 19;
const BOX = 58;

/** Where each item of the tree is drawn: in order from left to right, by depth from top to bottom. */
export function treeLayout(ep: EpollView): { x: number; y: number; depth: number }[] {
  const depth = ep.items.map(() => 0);
  const visit = (i: number, d: number): void => {
    const item = ep.items[i];
    if (!item || d > 64) return;
    depth[i] = d;
    visit(item.left, d + 1);
    visit(item.right, d + 1);
  };
  visit(ep.root, 0);
  // Items come sorted by key.
  return ep.items.map((_, i) => ({ x: 34 + i * STEP_X, y: 28 + (depth[i] as number) * STEP_Y, depth: depth[i] as number }));
}

/** What the drawing shows, for those who do not see it. */
function about(ep: EpollView): string {
  const items = ep.items.map((i) => `fd ${i.fd} ${i.red ? "red" : "black"}${i.ready ? ", ready" : ""}`).join("; ");
  const list = ep.readyList.map((i) => `fd ${ep.items[i]?.fd}`).join(", ");
  const asleep = ep.waiters.length > 0 ? ` Asleep in epoll_wait: task ${ep.waiters.join(", ")}.` : "";
  return `Interest set, a red-black tree: ${items || "empty"}. Ready list: ${list || "empty"}.${asleep}`;
}

interface Row {
  readonly label: string;
  readonly boxes: readonly string[];
  readonly lit: boolean;
  readonly empty: string;
}

/** The tree with its colours, the ready list below it, and who sleeps until there is something on it. */
export function EpollDrawing({ ep }: { ep: EpollView }) {
  const at = treeLayout(ep);
  const rows: Row[] = [
    { label: "ready list", boxes: ep.readyList.map((i) => `fd ${ep.items[i]?.fd}`), lit: true, empty: "empty" },
    ...(ep.overflowList.length > 0
      ? [{ label: "overflow list", boxes: ep.overflowList.map((i) => `fd ${ep.items[i]?.fd}`), lit: true, empty: "" }]
      : []),
    { label: "asleep in epoll_wait", boxes: ep.waiters.map((pid) => `task ${pid}`), lit: false, empty: "nobody" },
  ];
  const widest = Math.max(1, ...rows.map((r) => Math.min(r.boxes.length, 12)));
  const width = Math.max(330, 130 + widest * (BOX + 16), ep.items.length * STEP_X + 20);
  const treeHeight = Math.max(40, ...at.map((p) => p.y + RADIUS + 26));
  const height = treeHeight + rows.length * 36;
  return (
    <svg
      class="drawing epoll-drawing"
      viewBox={`0 0 ${width} ${height}`}
      style={`width:${width}px;max-width:max(100%, ${Math.round(width * 0.75)}px)`}
      role="img"
      aria-label={about(ep)}
    >
      {ep.items.length === 0 && (
        <text x="10" y="24" font-size="13" fill="var(--soft)">
          the tree is empty
        </text>
      )}
      {ep.items.flatMap((item, i) =>
        [item.left, item.right]
          .filter((c) => c >= 0)
          .map((c) => <line key={`${i}-${c}`} x1={at[i]?.x} y1={at[i]?.y} x2={at[c]?.x} y2={at[c]?.y} stroke="var(--soft)" />),
      )}
      {ep.items.map((item, i) => {
        const { buffered, capacity } = item as EpollItemDetails;
        const x = at[i]?.x ?? 0;
        const y = at[i]?.y ?? 0;
        return (
          <g key={item.fd}>
            {item.ready && <circle cx={x} cy={y} r={RADIUS + 4} fill="none" stroke="var(--good)" stroke-width="3" />}
            <circle cx={x} cy={y} r={RADIUS} fill={item.red ? "#c0392b" : "#2c3440"} stroke="var(--soft)" />
            <text x={x} y={y + 4} text-anchor="middle" font-size="12" fill="#ffffff">
              {item.fd} {item.red ? "R" : "B"}
            </text>
            {capacity > 0 && buffered > 0 && (
              <text x={x} y={y + RADIUS + 15} text-anchor="middle" font-size="11" fill="var(--text)">
                {buffered} bytes
              </text>
            )}
          </g>
        );
      })}
      {rows.map((row, r) => {
        const y = treeHeight + r * 36;
        const shown = row.boxes.slice(0, 12);
        return (
          <g key={row.label}>
            <text x="4" y={y + 18} font-size="12" fill="var(--soft)">
              {row.label}
            </text>
            {shown.length === 0 && (
              <text x="130" y={y + 18} font-size="12.5" fill="var(--soft)">
                {row.empty}
              </text>
            )}
            {shown.map((text, i) => (
              <g key={text}>
                {i > 0 && <line x1={130 + i * (BOX + 16) - 16} x2={130 + i * (BOX + 16)} y1={y + 14} y2={y + 14} stroke="var(--soft)" />}
                <rect
                  x={130 + i * (BOX + 16)}
                  y={y + 1}
                  width={BOX}
                  height="26"
                  rx="5"
                  fill={row.lit ? "var(--lit)" : "var(--sunken)"}
                  stroke={row.lit ? "var(--good)" : "var(--line)"}
                />
                <text x={130 + i * (BOX + 16) + BOX / 2} y={y + 18} font-size="12" text-anchor="middle" fill="var(--text)">
                  {text}
                </text>
              </g>
            ))}
            {row.boxes.length > shown.length && (
              <text x={130 + shown.length * (BOX + 16)} y={y + 18} font-size="12" fill="var(--soft)">
                and {row.boxes.length - shown.length} more
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}
