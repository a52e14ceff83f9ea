/** Loads all instruction families; their lift functions register themselves. */
import "./integer/move.ts";
import "./integer/alu.ts";
import "./integer/arithmetic.ts";
import "./integer/control.ts";
import "./integer/string.ts";
import "./mmx/index.ts";
import "./x87/index.ts";
import "./sse/index.ts";
import { registerPrivileged } from "./integer/system.ts";

registerPrivileged();
