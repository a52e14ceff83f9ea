import type { VdsoDetails } from "../machine/views/vdso.ts";
import { Wide } from "./wide.tsx";

/** The steps of a reading, and from which place on a reader has done them. */
export const READER_STEPS: readonly (readonly [place: string, what: string])[] = [
  ["first", "read the sequence; odd: read it again"],
  ["between", "rdtsc, scale, add the base: all with the fields of the page"],
  ["outside", "compare the sequence: changed, from the top; equal, the time is good"],
];

interface Props {
  readonly v: VdsoDetails;
  /** The kernel writes the page at this moment. */
  readonly writing: boolean;
  /** Reads of the clock by system call so far, and all system calls. */
  readonly clockCalls: number;
}

const FIELDS_Y = 96;

/** Ring 3 with the two pages, ring 0 with the writer, and the way between that is not taken. */
export function VdsoDrawing({ v, writing, clockCalls }: Props) {
  const odd = v.sequence % 2 === 1;
  const reader = v.readers[0];
  const about = [
    `Data page at ${v.dataAddress}, sequence ${v.sequence}, ${odd ? "odd: the kernel is writing" : "even: may be read"}.`,
    `Code page at ${v.codeAddress}; ${reader ? `task ${reader.pid} is in ${reader.fn}` : "no task is in it"}.`,
    `System calls for the clock so far: ${clockCalls}.`,
  ].join(" ");
  const fields: readonly (readonly [string, string])[] = [
    ["seq", `${v.sequence}  ${odd ? "odd" : "even"}`],
    ["cycle_last", v.cycleLast],
    ["mult, shift", `${v.mult}, ${v.shift}`],
    ["basetime", `${v.seconds} s + ${v.nanoseconds} ns`],
  ];
  return (
    <Wide label="Drawing of the vDSO">
      <svg class="drawing" viewBox="0 0 640 330" role="img" aria-label={about}>
        <title>{about}</title>
        <rect x="4" y="4" width="632" height="212" rx="8" fill="var(--sunken)" stroke="var(--line)" />
        <text x="16" y="24" font-size="12" fill="var(--soft)">
          Ring 3: address space of the process
        </text>
        <rect x="16" y="40" width="130" height="56" rx="6" fill="var(--raised)" stroke="var(--line)" />
        <text x="81" y="64" font-size="13" text-anchor="middle" fill="var(--text)">
          the program
        </text>
        <text x="81" y="83" font-size="12" text-anchor="middle" fill="var(--soft)">
          clock_gettime()
        </text>
        <rect
          x="182"
          y="40"
          width="196"
          height="160"
          rx="6"
          fill="var(--raised)"
          stroke={reader ? "var(--accent)" : "var(--line)"}
          stroke-width={reader ? 2.5 : 1}
        />
        <text x="194" y="60" font-size="13" fill="var(--text)">
          [vdso] code page, r-x
        </text>
        <text x="194" y="78" font-size="11.5" fill="var(--soft)">
          {v.codeAddress}
        </text>
        {["1 read seq, odd: again", "2 rdtsc, scale, add base", "3 seq changed: from 1"].map((text, i) => {
          const here = reader !== undefined && READER_STEPS[i]?.[0] === reader.place;
          return (
            <g key={text}>
              <rect x="190" y={FIELDS_Y - 5 + i * 28} width="180" height="23" rx="4" fill={here ? "var(--lit)" : "transparent"} />
              <text x="198" y={FIELDS_Y + 11 + i * 28} font-size="12.5" fill={here ? "var(--accent)" : "var(--text)"}>
                {text}
              </text>
            </g>
          );
        })}
        {reader && (
          <text x="194" y="192" font-size="12" fill="var(--accent)">
            ▸ task {reader.pid} in {reader.fn}
          </text>
        )}
        <rect
          x="414"
          y="40"
          width="210"
          height="160"
          rx="6"
          fill={odd ? "var(--warn-back)" : "var(--raised)"}
          stroke={odd ? "var(--warn)" : "var(--line)"}
          stroke-width={odd ? 2.5 : 1}
        />
        <text x="426" y="60" font-size="13" fill="var(--text)">
          [vvar] data page, r--
        </text>
        <text x="426" y="78" font-size="11.5" fill="var(--soft)">
          {v.dataAddress}
        </text>
        {fields.map(([name, value], i) => (
          <text key={name} x="426" y={FIELDS_Y + 10 + i * 26} font-size="12.5" fill={i === 0 && odd ? "var(--warn)" : "var(--text)"}>
            <tspan fill="var(--soft)">{name}</tspan> {value}
          </text>
        ))}
        <Arrow x1={146} y1={68} x2={182} y2={68} label="" />
        <Arrow x1={414} y1={120} x2={378} y2={120} label="" />
        <rect x="4" y="226" width="632" height="98" rx="8" fill="var(--sunken)" stroke="var(--line)" />
        <text x="16" y="246" font-size="12" fill="var(--soft)">
          Ring 0: kernel
        </text>
        <rect x="16" y="256" width="150" height="54" rx="6" fill="var(--raised)" stroke="var(--line)" stroke-dasharray="4 3" />
        <text x="91" y="278" font-size="12.5" text-anchor="middle" fill="var(--text)">
          sys_clock_gettime
        </text>
        <text x="91" y="297" font-size="12" text-anchor="middle" fill="var(--soft)">
          called {clockCalls} times
        </text>
        <line
          x1="60"
          y1="96"
          x2="60"
          y2="256"
          stroke={clockCalls > 0 ? "var(--accent)" : "var(--faint)"}
          stroke-width="1.5"
          stroke-dasharray="4 4"
        />
        <text x="68" y="160" font-size="11.5" fill="var(--soft)">
          syscall:
        </text>
        <text x="68" y="175" font-size="11.5" fill="var(--soft)">
          the other way
        </text>
        <rect
          x="414"
          y="256"
          width="210"
          height="54"
          rx="6"
          fill={writing ? "var(--lit)" : "var(--raised)"}
          stroke={writing ? "var(--accent)" : "var(--line)"}
          stroke-width={writing ? 2.5 : 1}
        />
        <text x="519" y="278" font-size="12.5" text-anchor="middle" fill="var(--text)">
          update_vsyscall()
        </text>
        <text x="519" y="297" font-size="12" text-anchor="middle" fill="var(--soft)">
          {writing ? "writes at this moment" : "each tick of 4 ms"}
        </text>
        <Arrow x1={519} y1={256} x2={519} y2={202} label="" lit={writing} />
        <rect x="216" y="256" width="150" height="54" rx="6" fill="var(--raised)" stroke="var(--line)" />
        <text x="291" y="278" font-size="12.5" text-anchor="middle" fill="var(--text)">
          processor: TSC
        </text>
        <text x="291" y="297" font-size="12" text-anchor="middle" fill="var(--soft)">
          {v.tsc}
        </text>
        <Arrow x1={291} y1={256} x2={291} y2={202} label="rdtsc works in ring 3" />
      </svg>
    </Wide>
  );
}

function Arrow({ x1, y1, x2, y2, label, lit }: { x1: number; y1: number; x2: number; y2: number; label: string; lit?: boolean }) {
  const colour = lit ? "var(--accent)" : "var(--soft)";
  const length = Math.hypot(x2 - x1, y2 - y1);
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [bx, by] = [x2 - dx * 8, y2 - dy * 8];
  return (
    <>
      <line x1={x1} y1={y1} x2={bx} y2={by} stroke={colour} stroke-width={lit ? 3 : 1.5} />
      <polygon points={`${x2},${y2} ${bx - dy * 5},${by + dx * 5} ${bx + dy * 5},${by - dx * 5}`} fill={colour} />
      {label && (
        <text x={x1 + 8} y={(y1 + y2) / 2 + 4} font-size="11.5" fill="var(--soft)">
          {label}
        </text>
      )}
    </>
  );
}
