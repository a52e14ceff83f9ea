import { cancelOps } from "./cancel.ts";
import { nopOps } from "./nop.ts";
import { type IoOpList, ioIssueDefs } from "./opdef.ts";
import { pollOps } from "./pollAdd.ts";
import { rwOps } from "./rw.ts";
import { timeoutOps } from "./timeout.ts";

/** The operations that there are. */
const lists: readonly IoOpList[] = [nopOps, rwOps, pollOps, timeoutOps, cancelOps];

for (const list of lists) for (const [opcode, def] of list) ioIssueDefs[opcode] = def;
