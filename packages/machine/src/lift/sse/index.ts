/** All SSE…SSE4.2 lift functions, registered by importing this module. */
import "./arithmetic.ts";
import "./compare.ts";
import "./convert.ts";
import "./integer.ts";
import "./move.ts";
import "./shuffle.ts";
import "./sse4.ts";
import { declareFlagEffects } from "./operand.ts";

declareFlagEffects();
