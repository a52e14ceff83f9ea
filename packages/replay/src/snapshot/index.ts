export { ContainerError } from "../file/format.ts";
export { FileAnswers } from "./fileAnswers.ts";
export type { SnapshotHead } from "./format.ts";
export { readSnapshot, readSnapshotInBrowser, type SnapshotFile } from "./read.ts";
export { machineAt, type ResumeOptions, resume } from "./resume.ts";
export { SnapshotWriter, type WriteOptions } from "./write.ts";
