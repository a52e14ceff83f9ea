/** Loads the x87 instructions and the save and restore instructions of its state. */
import "./basic.ts";
import "./environment.ts";
