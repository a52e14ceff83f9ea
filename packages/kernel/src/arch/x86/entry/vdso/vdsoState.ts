import { stateClass } from "../../../../state.ts";

/** The vDSO's frames, shared by all address spaces. */
export class VdsoState {
  codeFrame = 0;
  dataFrame = 0;
  /** When the data page is to be written again (ns since boot); 0 = at once, because the wall clock was moved. */
  due = 0;
}
stateClass(VdsoState);
