import { Question } from "./question.tsx";
import type { Room, Workbench } from "./room.ts";

function View({ bench }: { bench: Workbench }) {
  const state = bench.state.value;
  const v = state?.vdso;
  if (!state || !v) return <p class="empty">No program is loaded yet. Press Run.</p>;
  return (
    <>
      <svg
        viewBox="0 0 480 120"
        role="img"
        aria-label={`Data page at ${v.dataAddress}, code page at ${v.codeAddress}`}
        style="width:100%;max-width:40rem"
      >
        <rect x="8" y="10" width="220" height="90" rx="6" fill="var(--sunken)" stroke="var(--line)" />
        <text x="20" y="36" font-size="14" fill="var(--text)">
          [vvar] data page, read-only
        </text>
        <text x="20" y="60" font-size="13" fill="var(--soft)">
          {v.dataAddress}
        </text>
        <text x="20" y="84" font-size="13" fill="var(--soft)">
          sequence {v.sequence} ({v.sequence % 2 ? "odd: being written" : "even: may be read"})
        </text>
        <rect x="250" y="10" width="220" height="90" rx="6" fill="var(--sunken)" stroke="var(--line)" />
        <text x="262" y="36" font-size="14" fill="var(--text)">
          [vdso] code page, executable
        </text>
        <text x="262" y="60" font-size="13" fill="var(--soft)">
          {v.codeAddress}
        </text>
      </svg>
      <p>
        Time = base + ((TSC − <code>cycle_last</code>) × <code>mult</code>) » <code>shift</code>, with cycle_last {v.cycleLast}, mult{" "}
        {v.mult}, shift {v.shift}; base of CLOCK_MONOTONIC {v.seconds} s {v.nanoseconds} ns.
      </p>
      <p>
        System calls made so far: <strong>{state.syscalls}</strong>.
      </p>
      <p class="note">
        Readers try again while the sequence is odd or has changed. Here the kernel writes only while no program runs, so the odd value is
        never seen.
      </p>
      <Question bench={bench} question={question} />
    </>
  );
}

export const question = {
  ask: "How does clock_gettime() tell the time without a system call?",
  answer:
    "The kernel maps a page of code and a page of data into each process. The code reads the time stamp counter, scales it with the numbers of the data page and adds the base, all in ring 3; a sequence counter tells it when to read again.",
  program: "vdso_clock",
  event: /^clock_gettime\(/,
};

export const vdsoRoom: Room = {
  id: "vdso",
  title: "vDSO",
  lead: "Two pages that tell the time without a system call.",
  program: "vdso_clock",
  View,
};
