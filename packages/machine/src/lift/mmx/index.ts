/** All MMX lift functions, registered by importing this module. */
import "./convert.ts";
import "./integer.ts";
import { declareFlagEffects } from "../sse/operand.ts";

declareFlagEffects();
