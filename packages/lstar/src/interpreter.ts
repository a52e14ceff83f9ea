/** Build step: the interpreter's module, stored beside the bundle. */
export { interpreterBytes } from "@lstar/machine";
