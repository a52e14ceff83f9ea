import { Decoder, DecoderOptions, FlowControl, Formatter, FormatterSyntax, start } from "iced-x86";
import wasmUrl from "iced-x86/iced_x86_bg.wasm?url";
import { symbolText } from "./symbols.ts";

/** One machine instruction as text. */
export interface CodeLine {
  readonly address: number;
  readonly bytes: string;
  readonly text: string;
  /** Where it jumps to or calls, by name; "" for others. */
  readonly target: string;
}

await start(fetch(wasmUrl));

/** Disassembles code that lies at an address, in Intel's syntax; up to `limit` instructions. */
export function disassemble(code: Uint8Array, address: number, limit: number): CodeLine[] {
  const decoder = new Decoder(64, code, DecoderOptions.None);
  const formatter = new Formatter(FormatterSyntax.Intel);
  formatter.spaceAfterOperandSeparator = true;
  formatter.hexPrefix = "0x";
  formatter.hexSuffix = "";
  formatter.uppercaseHex = false;
  formatter.branchLeadingZeros = false;
  formatter.showBranchSize = false;
  decoder.ip = BigInt(address);
  const lines: CodeLine[] = [];
  try {
    while (decoder.canDecode && lines.length < limit) {
      const from = decoder.position;
      const instruction = decoder.decode();
      const near = instruction.flowControl !== FlowControl.Next ? Number(instruction.nearBranchTarget) : 0;
      lines.push({
        address: address + from,
        bytes: [...code.subarray(from, decoder.position)].map((b) => b.toString(16).padStart(2, "0")).join(" "),
        text: formatter.format(instruction),
        target: near > 0 ? symbolText(near) : "",
      });
      instruction.free();
    }
  } finally {
    decoder.free();
    formatter.free();
  }
  return lines;
}
