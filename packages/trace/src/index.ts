export { everything, type Filter, parseFilter } from "./strace/filter.ts";
export { defaultStraceOptions, type StraceOptions, StraceTracer } from "./strace/tracer.ts";
