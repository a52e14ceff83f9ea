import { get16, set16, set32 } from "./frame.ts";

/** A resolver that knows a fixed list of names (RFC 1035), and says of all others that they do not exist. */

const HEADER = 12;
const TYPE_A = 1;
const TYPE_ANY = 255;
const CLASS_IN = 1;
const NXDOMAIN = 3;
const FORMERR = 1;
const NOTIMP = 4;
const TTL = 60;
/** Bytes of a message over UDP. */
const MOST = 512;

/** The question's name in lower case and where it ends, or null if it is malformed. */
function question(m: Uint8Array): { name: string; end: number } | null {
  const labels: string[] = [];
  for (let at = HEADER; at < m.length; ) {
    const n = m[at]!;
    if (n === 0) return at + 5 <= m.length ? { name: labels.join(".").toLowerCase(), end: at + 5 } : null;
    if (n > 63 || at + 1 + n > m.length || labels.length > 127) return null;
    labels.push(String.fromCharCode(...m.subarray(at + 1, at + 1 + n)));
    at += 1 + n;
  }
  return null;
}

/** Answers a query. @param addressOf the IPv4 address of a name, or null @returns null for what is no query */
export function dnsAnswer(query: Uint8Array, addressOf: (name: string) => number | null): Uint8Array | null {
  if (query.length < HEADER || query.length > MOST || query[2]! & 0x80) return null;
  const opcode = (query[2]! >> 3) & 15;
  const q = opcode === 0 && get16(query, 4) === 1 ? question(query) : null;
  const reply = (code: number, address: number | null): Uint8Array => {
    const kept = q ? q.end : HEADER;
    const m = new Uint8Array(kept + (address === null ? 0 : 16));
    m.set(query.subarray(0, kept));
    // A response, by who has the say; recursion is there for whoever asked for it.
    m[2] = 0x84 | (query[2]! & 0x79);
    m[3] = 0x80 | code;
    set16(m, 4, q ? 1 : 0);
    set16(m, 6, address === null ? 0 : 1);
    set32(m, 8, 0);
    if (address !== null) {
      set16(m, kept, 0xc000 | HEADER);
      set16(m, kept + 2, TYPE_A);
      set16(m, kept + 4, CLASS_IN);
      set32(m, kept + 6, TTL);
      set16(m, kept + 10, 4);
      set32(m, kept + 12, address);
    }
    return m;
  };
  if (opcode !== 0) return reply(NOTIMP, null);
  if (!q) return reply(FORMERR, null);
  const type = get16(query, q.end - 4);
  const address = addressOf(q.name);
  if (address === null || get16(query, q.end - 2) !== CLASS_IN) return reply(NXDOMAIN, null);
  return reply(0, type === TYPE_A || type === TYPE_ANY ? address : null);
}
