import fc from "fast-check";
import { expect, it } from "vitest";
import { framePacket, fromHex, PacketReader, textToHex } from "./packet.ts";

/** What a client reads out of a framed reply: runs written out. */
function expand(framed: string): string {
  let out = "";
  for (let i = 0; i < framed.length; i++) {
    const next = framed[i + 1];
    if (framed[i] === "*" && next) {
      out += (out.at(-1) as string).repeat(next.charCodeAt(0) - 29);
      i++;
    } else out += framed[i];
  }
  return out;
}

const bytes = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));

it("any text comes through framing, however it is cut", () => {
  const text = fc
    .array(fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x23, 0x24, 0x7d, 0x2a, 0x30)))
    .map((a) => String.fromCharCode(...a));
  fc.assert(
    fc.property(text, fc.nat(40), (t, cut) => {
      const framed = framePacket(t);
      let body = expand(framed.slice(1, -3));
      body = body.replace(/[$#]/g, (c) => `}${String.fromCharCode(c.charCodeAt(0) ^ 0x20)}`);
      let sum = 0;
      for (const c of body) sum = (sum + c.charCodeAt(0)) & 0xff;
      const whole = bytes(`$${body}#${sum.toString(16).padStart(2, "0")}`);
      const reader = new PacketReader();
      const got = [...reader.feed(whole.subarray(0, cut)), ...reader.feed(whole.subarray(cut))];
      expect(got).toEqual([{ kind: "packet", text: t }]);
    }),
  );
});

it("junk is dropped or told to be damaged, and a packet after it is read", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (junk) => {
      const reader = new PacketReader();
      reader.feed(junk);
      reader.feed(bytes("#00"));
      expect(reader.feed(bytes("$?#3f")).at(-1)).toEqual({ kind: "packet", text: "?" });
    }),
  );
});

it("hexadecimal digits", () => {
  expect(fromHex("0aFf")).toEqual(new Uint8Array([10, 255]));
  expect([fromHex("0"), fromHex("zz")]).toEqual([null, null]);
  expect(textToHex("é")).toBe("c3a9");
});
