import type { Kernel } from "../../../kernel.ts";
import { copyFromUser, getUser32 } from "../../../mm/usercopy.ts";
import { EFAULT } from "../../../uapi/errno.ts";
import { FP_XSTATE_MAGIC1, FP_XSTATE_MAGIC2, FPSTATE_SIZE, FXSAVE_SIZE, SW_RESERVED, XFEATURES, XSTATE_SIZE } from "./sigframe.ts";

/** Floating-point state as at the start of a program: everything empty, default control words. */
const initial = new Uint8Array(FXSAVE_SIZE);
initial[0] = 0x7f;
initial[1] = 0x03;
initial[24] = 0x80;
initial[25] = 0x1f;
/** Bits of MXCSR that exist. */
const MXCSR_MASK = 0xffff;

const initialView = new DataView(initial.buffer);
/** Frames are built and read here, one at a time. */
const image = new Uint8Array(FPSTATE_SIZE);
const v = new DataView(image.buffer);

/** @linux arch/x86/kernel/fpu/core.c fpu__clear_user_states */
export function fpuClear(k: Kernel): void {
  k.machine.cpu.readFxsaveFrom(initialView);
}

/**
 * The processor's state as a signal frame holds it, valid until the next call.
 * @linux arch/x86/kernel/fpu/signal.c copy_fpstate_to_sigframe
 */
export function fpuImage(k: Kernel): Uint8Array {
  image.fill(0, FXSAVE_SIZE);
  k.machine.cpu.writeFxsaveTo(v);
  v.setUint32(28, MXCSR_MASK, true);
  v.setUint32(SW_RESERVED, FP_XSTATE_MAGIC1, true);
  v.setUint32(SW_RESERVED + 4, FPSTATE_SIZE, true);
  v.setUint32(SW_RESERVED + 8, XFEATURES, true);
  v.setUint32(SW_RESERVED + 16, XSTATE_SIZE, true);
  v.setUint32(FXSAVE_SIZE, XFEATURES, true);
  v.setUint32(XSTATE_SIZE, FP_XSTATE_MAGIC2, true);
  return image;
}

/**
 * Loads the state from a signal frame that the program may have changed.
 * @returns 0 or -EFAULT @linux arch/x86/kernel/fpu/signal.c fpu__restore_sig
 */
export function fpuRestore(k: Kernel, address: number): number {
  if (address === 0) {
    fpuClear(k);
    return 0;
  }
  if (copyFromUser(k, address, image, 0, FXSAVE_SIZE) !== 0) return -EFAULT;
  // Without intact magic numbers only the part that FXRSTOR knows counts.
  const xsave =
    v.getUint32(SW_RESERVED, true) === FP_XSTATE_MAGIC1 &&
    v.getUint32(SW_RESERVED + 16, true) === XSTATE_SIZE &&
    v.getUint32(SW_RESERVED + 4, true) >= XSTATE_SIZE &&
    getUser32(k, address + XSTATE_SIZE) === FP_XSTATE_MAGIC2;
  if (xsave) {
    if (address % 64 !== 0) return -EFAULT;
    if (copyFromUser(k, address + FXSAVE_SIZE, image, FXSAVE_SIZE, XSTATE_SIZE - FXSAVE_SIZE) !== 0) return -EFAULT;
    const features = v.getUint32(FXSAVE_SIZE, true) & v.getUint32(SW_RESERVED + 8, true) & XFEATURES;
    // Header bits of features that do not exist, or its bytes 8 to 23, make XRSTOR fault; the rest it ignores.
    if (v.getUint32(FXSAVE_SIZE, true) & ~XFEATURES || v.getUint32(FXSAVE_SIZE + 4, true) !== 0) return -EFAULT;
    for (let i = FXSAVE_SIZE + 8; i < FXSAVE_SIZE + 24; i++) if (image[i] !== 0) return -EFAULT;
    if (v.getUint32(24, true) & ~MXCSR_MASK) return -EFAULT;
    if (!(features & 1)) {
      image.set(initial.subarray(0, 24), 0);
      image.fill(0, 32, 160);
    }
    if (!(features & 2)) image.fill(0, 160, 416);
  } else {
    if (address % 16 !== 0) return -EFAULT;
    if (v.getUint32(24, true) & ~MXCSR_MASK) return -EFAULT;
  }
  k.machine.cpu.readFxsaveFrom(v);
  return 0;
}
