/** All SSE…SSE4.2 lift functions, registered by importing this module. */
import "./move.ts";
import { declareFlagEffects } from "./operand.ts";

declareFlagEffects();
