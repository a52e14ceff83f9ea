export { eventpollReleaseFile } from "./item.ts";
