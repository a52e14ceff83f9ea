import type { VdsoDetails } from "../machine/views/vdso.ts";
import type { Moment } from "../protocol.ts";
import { findEvent } from "./go.ts";
import type { Workbench } from "./room.ts";

async function vdsoAt(bench: Workbench, moment: Moment): Promise<VdsoDetails | null> {
  const state = await bench.ask({ type: "state", moment });
  return state.vdso as VdsoDetails | null;
}

/** Updates of vdso_retry.c that are looked at, and instructions from the interruption to the retry. */
const MOST_UPDATES = 100;
const MOST_STEPS = 40;

/** An update in its midst: the sequence is odd. The first is the page's making. */
export async function findOdd(bench: Workbench): Promise<Moment | null> {
  const event = await findEvent(bench, /^written$/, 2);
  return event < 0 ? null : bench.ask({ type: "seek", moment: { position: 0, event } });
}

/** An update that meets a reader between its two looks at the sequence. */
export async function findCaught(bench: Workbench): Promise<Moment | null> {
  let event = -1;
  for (let n = 0; n < MOST_UPDATES; n++) {
    event = await findEvent(bench, /^begin$/, 1, event + 1);
    if (event < 0) return null;
    const moment = await bench.ask({ type: "seek", moment: { position: 0, event } });
    if ((await vdsoAt(bench, moment))?.readers.some((r) => r.place === "between")) return moment;
  }
  return null;
}

/** That reader some instructions later, back at its first look. */
export async function findRetry(bench: Workbench): Promise<Moment | null> {
  const caught = await findCaught(bench);
  if (!caught) return null;
  for (let n = 1; n <= MOST_STEPS; n++) {
    const moment = { position: caught.position + n, event: -1 };
    if ((await vdsoAt(bench, moment))?.readers.some((r) => r.place === "first")) return moment;
  }
  return null;
}
