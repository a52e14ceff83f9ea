import type { FdDetails } from "../machine/views/files.ts";
import type { TaskView } from "../protocol.ts";
import { Wide } from "./wide.tsx";

const ROW = 26;
const FD_W = 116;
const FILE_W = 196;
const INODE_W = 210;
const FILE_X = FD_W + 84;
const INODE_X = FILE_X + FILE_W + 60;
const WIDTH = INODE_X + INODE_W + 6;
/** Processes and descriptors of each that are drawn. */
const MOST_TASKS = 6;
const MOST_FDS = 10;

interface FdRow {
  readonly label: string;
  readonly file: number;
  readonly y: number;
}

interface FileRow {
  readonly fd: FdDetails;
  readonly y: number;
}

/** The tables of the processes, the open files that they lead to, and the inodes behind those. Threads share their process's table. */
export function FileTables({ tasks }: { tasks: readonly TaskView[] }) {
  const heads: { label: string; y: number }[] = [];
  const rows: FdRow[] = [];
  const files: FileRow[] = [];
  const inodes: { inode: number; path: string; y: number }[] = [];
  let y = 22;
  for (const task of tasks.filter((t) => t.pid === t.tgid && t.fds.length > 0).slice(0, MOST_TASKS)) {
    heads.push({ label: `${task.pid} ${task.comm}`, y });
    y += 20;
    for (const f of task.fds.slice(0, MOST_FDS).map((x) => x as FdDetails)) {
      rows.push({ label: `fd ${f.fd}${f.closeOnExec ? ", cloexec" : ""}`, file: f.file, y });
      if (!files.some((x) => x.fd.file === f.file)) files.push({ fd: f, y: 24 + files.length * (ROW * 1.7) });
      if (!inodes.some((x) => x.inode === f.inode)) inodes.push({ inode: f.inode, path: f.path, y: 24 + inodes.length * (ROW * 1.7) });
      y += ROW - 3;
    }
    y += 6;
  }
  if (rows.length === 0) return null;
  const height = Math.max(y, 30 + Math.max(files.length, inodes.length) * ROW * 1.7) + 4;
  const about = files
    .map(({ fd }) => {
      const holders = tasks.flatMap((t) => t.fds.filter((x) => x.file === fd.file).map((x) => `${t.pid}:${x.fd}`));
      return `${fd.path}: held by ${holders.join(", ")}, ${fd.count} references, position ${fd.position}`;
    })
    .join("; ");
  const cut = (text: string, n: number): string => (text.length > n ? `…${text.slice(-n + 1)}` : text);
  return (
    <Wide label="Descriptor tables, drawn">
      <svg class="drawing" viewBox={`0 0 ${WIDTH} ${height}`} style={`max-width:${WIDTH * 1.1}px`} role="img" aria-label={about}>
        <text x="4" y="13" font-size="12" fill="var(--soft)">
          descriptor tables
        </text>
        <text x={FILE_X} y="13" font-size="12" fill="var(--soft)">
          open files (struct file)
        </text>
        <text x={INODE_X} y="13" font-size="12" fill="var(--soft)">
          inodes
        </text>
        {rows.map((r) => {
          const file = files.find((x) => x.fd.file === r.file);
          return (
            file && (
              <line
                key={`${r.y}`}
                x1={FD_W}
                y1={r.y + 10}
                x2={FILE_X}
                y2={file.y + 18}
                stroke="var(--soft)"
                stroke-width="1.2"
                opacity="0.8"
              />
            )
          );
        })}
        {files.map(({ fd, y: fy }) => {
          const inode = inodes.find((x) => x.inode === fd.inode);
          return (
            inode && (
              <line
                key={fd.file}
                x1={FILE_X + FILE_W}
                y1={fy + 18}
                x2={INODE_X}
                y2={inode.y + 18}
                stroke="var(--soft)"
                stroke-width="1.2"
                opacity="0.8"
              />
            )
          );
        })}
        {heads.map((h) => (
          <text key={h.y} x="4" y={h.y + 13} font-size="12.5" fill="var(--text)">
            {h.label}
          </text>
        ))}
        {rows.map((r) => (
          <g key={r.y}>
            <rect x="4" y={r.y} width={FD_W - 4} height={ROW - 6} rx="4" fill="var(--sunken)" stroke="var(--line)" />
            <text x="12" y={r.y + 14} font-size="11.5" fill="var(--text)">
              {r.label}
            </text>
          </g>
        ))}
        {files.map(({ fd, y: fy }) => (
          <g key={fd.file}>
            <rect
              x={FILE_X}
              y={fy}
              width={FILE_W}
              height="37"
              rx="5"
              fill="var(--raised)"
              stroke={fd.count > 1 ? "var(--accent)" : "var(--line)"}
            />
            <text x={FILE_X + 8} y={fy + 16} font-size="11.5" fill="var(--text)">
              {cut(fd.flags, 30)}
            </text>
            <text x={FILE_X + 8} y={fy + 30} font-size="10.5" fill="var(--soft)">
              {`position ${fd.position}, ${fd.count} reference${fd.count === 1 ? "" : "s"}`}
            </text>
          </g>
        ))}
        {inodes.map((n) => {
          const file = files.find((x) => x.fd.inode === n.inode)?.fd;
          return (
            <g key={n.inode}>
              <rect x={INODE_X} y={n.y} width={INODE_W} height="37" rx="5" fill="var(--raised)" stroke="var(--line)" />
              <text x={INODE_X + 8} y={n.y + 16} font-size="11.5" fill="var(--text)">
                {cut(n.path, 30)}
              </text>
              <text x={INODE_X + 8} y={n.y + 30} font-size="10.5" fill="var(--soft)">
                {file?.kind}
                {file && file.capacity > 0 ? `, ${file.buffered} of ${file.capacity} bytes wait` : ""}
              </text>
            </g>
          );
        })}
      </svg>
    </Wide>
  );
}
