import type { Kernel } from "../kernel.ts";
import { LinearIter } from "./linearIter.ts";

/** Bytes of one frame, by physical address (ITER_BVEC with one segment). */
export class PhysIter extends LinearIter {
  protected bytes(k: Kernel): Uint8Array {
    return k.machine.phys.u8;
  }
}
