export { type Delivery, type EpollDiagnosis, type EpollMisuse, EpollWatcher, type ItemHistory } from "./epoll/watcher.ts";
export { PcapWriter } from "./pcap.ts";
export { everything, type Filter, parseFilter } from "./strace/filter.ts";
export { combineInjections, isInjection, parseInjection } from "./strace/inject.ts";
export { defaultStraceOptions, type StraceOptions, StraceTracer } from "./strace/tracer.ts";
export {
  type UringCompletion,
  type UringDiagnosis,
  type UringHistory,
  type UringMisuse,
  UringWatcher,
} from "./uring/watcher.ts";
