import type { Call } from "./call.ts";
import { errnoSuffix, hex, modeText } from "./text.ts";

const restart: Record<number, string> = {
  512: "ERESTARTSYS (To be restarted if SA_RESTART is set)",
  513: "ERESTARTNOINTR (To be restarted)",
  514: "ERESTARTNOHAND (To be restarted if no handler)",
  516: "ERESTART_RESTARTBLOCK (Interrupted by signal)",
};

/** Extra text after the result, by call: "(Timeout)", "(flags O_RDWR)" … Set by the special printers. */
export const resultNotes = new Map<string, (c: Call) => string | null>();

/** Calls whose result is written in a way of its own: "0x1" for fcntl's flags. Null: as declared. */
export const resultForms = new Map<string, (c: Call) => string | null>();

/** What stands after "= ". */
export function resultText(c: Call): string {
  const ret = c.ret!;
  if (ret < 0 && restart[-ret]) return `? ${restart[-ret]}`;
  if (c.failed) return `-1 ${errnoSuffix(-ret)}`;
  let text: string;
  switch (c.def.ret) {
    case "hex":
      text = ret === 0 && c.def.name === "fcntl" ? "0" : ret === 0 ? "0" : hex(ret < 0 ? ret + 2 ** 64 : ret);
      break;
    case "fd":
      text = c.fd(ret);
      break;
    case "oct":
      text = modeText(ret);
      break;
    default:
      text = String(ret);
  }
  text = resultForms.get(c.def.name)?.(c) ?? text;
  const note = resultNotes.get(c.def.name)?.(c);
  return note ? `${text} (${note})` : text;
}
