import { stateClass } from "../../../../state.ts";

/** The vDSO's frames, shared by all address spaces, and what the data page was written from. */
export class VdsoState {
  codeFrame = 0;
  dataFrame = 0;
  /** ns since boot. */
  updated = 0;
  clockWasSet = 0;
  taiOffset = 0;
  timezone: { minuteswest: number; dsttime: number } | null = null;
}
stateClass(VdsoState);
