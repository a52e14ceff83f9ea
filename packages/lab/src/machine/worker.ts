import type { Message, Request } from "../protocol.ts";
import { type MeasureRequest, measure } from "./measure.ts";
import { LabSession } from "./session.ts";

/** A message channel comes back sooner than a timer, and after the messages of the page that wait. */
const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

const scope = self as unknown as { postMessage(m: unknown, transfer: Transferable[]): void };
const session = new LabSession(
  (m: Message, transfer = []) => scope.postMessage(m, transfer),
  (f) => {
    waiting.push(f);
    channel.port2.postMessage(0);
  },
);

/** A worker that measures does nothing else: no recorder, no session's machine. */
function measured(request: MeasureRequest): void {
  try {
    scope.postMessage({ type: "answer", id: request.id, value: measure(request) }, []);
  } catch (e) {
    scope.postMessage({ type: "failed", id: request.id, text: e instanceof Error ? e.message : String(e) }, []);
  }
}

self.onmessage = (e: MessageEvent<Request | MeasureRequest>) => (e.data.type === "measure" ? measured(e.data) : session.receive(e.data));
