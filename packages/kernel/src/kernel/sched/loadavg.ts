/** Load averages in fixed point with 11 fraction bits, as sysinfo and /proc/loadavg want them. */
export interface Loadavg {
  one: number;
  five: number;
  fifteen: number;
  /** ns since boot of the next sample. */
  next: number;
}

const FIXED_1 = 2048;
const PERIOD_NS = 5_000_000_000;
/** 1/exp(5s/1min) and so on, times 2048. */
const EXP_1 = 1884;
const EXP_5 = 2014;
const EXP_15 = 2037;

export function newLoadavg(): Loadavg {
  return { one: 0, five: 0, fifteen: 0, next: PERIOD_NS };
}

function decay(load: number, exp: number, active: number): number {
  let n = load * exp + active * (FIXED_1 - exp);
  if (active >= load) n += FIXED_1 - 1;
  return Math.floor(n / FIXED_1);
}

/** Takes the samples that are due; `running` stands for all of them. @linux kernel/sched/loadavg.c calc_load */
export function loadavgUpdate(l: Loadavg, now: number, running: number): void {
  if (now < l.next) return;
  const active = running * FIXED_1;
  // After a long sleep only the last samples matter: older ones have decayed to nothing.
  const periods = Math.floor((now - l.next) / PERIOD_NS) + 1;
  for (let i = Math.min(periods, 1000); i > 0; i--) {
    l.one = decay(l.one, EXP_1, active);
    l.five = decay(l.five, EXP_5, active);
    l.fifteen = decay(l.fifteen, EXP_15, active);
  }
  l.next += periods * PERIOD_NS;
}
