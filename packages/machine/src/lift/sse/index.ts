/** All SSE…SSE4.2 lift functions, registered by importing this module. */
import "./arithmetic.ts";
import "./integer.ts";
import "./move.ts";
import "./shuffle.ts";
import { declareFlagEffects } from "./operand.ts";

declareFlagEffects();
