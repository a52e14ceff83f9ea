import type { Message, Request } from "../protocol.ts";
import { LabSession } from "./session.ts";

/** A message channel comes back sooner than a timer, and after the messages of the page that wait. */
const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

const scope = self as unknown as { postMessage(m: Message, transfer: Transferable[]): void };
const session = new LabSession(
  (m, transfer = []) => scope.postMessage(m, transfer),
  (f) => {
    waiting.push(f);
    channel.port2.postMessage(0);
  },
);
self.onmessage = (e: MessageEvent<Request>) => session.receive(e.data);
