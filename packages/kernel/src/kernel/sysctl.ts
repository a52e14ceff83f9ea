import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";

/** Settings that were changed, by path below /proc/sys. */
export class Sysctls {
  values = new Map<string, string>();
  bootId = "";
}

stateClass(Sysctls);

export function sysctls(k: Kernel): Sysctls {
  let s = k.subsystems.get("sysctl") as Sysctls | undefined;
  if (!s) {
    s = new Sysctls();
    k.subsystems.set("sysctl", s);
  }
  return s;
}

/** Value of a setting that was changed, or undefined. */
export function sysctlValue(k: Kernel, path: string): string | undefined {
  return sysctls(k).values.get(path);
}
