import type { Path } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";

/** struct uts_namespace: names of the machine that only those in it see. The first one is the kernel's own fields. */
export class UtsNamespace {
  hostname: string;
  domainname: string;
  readonly inum: number;
  /** The file of nsfs, once somebody has looked for it. */
  place: Path | null = null;
  constructor(hostname: string, domainname: string, inum: number) {
    this.hostname = hostname;
    this.domainname = domainname;
    this.inum = inum;
  }
}
stateClass(UtsNamespace);

/** The names that the current task sees. @linux include/linux/utsname.h utsname */
export function utsname(k: Kernel): { hostname: string; domainname: string } {
  return k.current.utsNs ?? k;
}
