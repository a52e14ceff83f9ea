export { before, type Place, Timeline } from "./timeline.ts";
