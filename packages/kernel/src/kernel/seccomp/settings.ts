import { procGlobal } from "../../fs/proc/entry.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { CAP_SYS_ADMIN } from "../../uapi/capability.ts";
import { EINVAL, EPERM } from "../../uapi/errno.ts";
import * as S from "../../uapi/seccomp.ts";
import { capable } from "../capability.ts";

/** Settings of the whole machine. */
class SeccompSettings {
  /** Which actions are worth a line in the log, by their place in the list. */
  logged = (1 << (S.seccompActions.length - 1)) - 1;
}
stateClass(SeccompSettings);

function settings(k: Kernel): SeccompSettings {
  let s = k.subsystems.get("seccomp") as SeccompSettings | undefined;
  if (!s) {
    s = new SeccompSettings();
    k.subsystems.set("seccomp", s);
  }
  return s;
}

/** Is this action to be logged where somebody asks for it? */
export function seccompActionLogged(k: Kernel, action: number): boolean {
  const i = S.seccompActions.findIndex(([, a]) => a === action);
  return ((settings(k).logged >> Math.max(i, 0)) & 1) !== 0;
}

const names = (mask: number): string =>
  S.seccompActions
    .filter((_a, i) => (mask >> i) & 1)
    .map(([name]) => name)
    .join(" ");

procGlobal({
  "sys/kernel/seccomp/actions_avail": { mode: 0o444, show: () => `${names(-1)}\n` },
  "sys/kernel/seccomp/actions_logged": {
    mode: 0o644,
    show: (k) => `${names(settings(k).logged)}\n`,
    /** @linux kernel/seccomp.c write_actions_logged */
    store(k, _task, value) {
      if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
      let mask = 0;
      for (const word of value.split(/\s+/).filter(Boolean)) {
        const i = S.seccompActions.findIndex(([name]) => name === word);
        // What is allowed is never logged.
        if (i < 0 || word === "allow") return -EINVAL;
        mask |= 1 << i;
      }
      settings(k).logged = mask;
      return 0;
    },
  },
});
