import { waitGraph } from "@lstar/trace/waits/waitGraph.ts";
import { GuestFiles } from "./files.ts";
import { fromHex, PACKET_SIZE, textToHex, toHex } from "./packet.ts";
import { REGISTERS, REGISTERS_SIZE, readRegisters, targetXml, writeRegisters } from "./registers.ts";
import { fromGdbSignal, toGdbSignal } from "./signals.ts";
import type { Pause, Stop } from "./stop.ts";
import type { Target } from "./target.ts";

const SIGINT = 2;
const SIGTRAP = 5;
const OK = "OK";
const BAD = "E01";
const UNCHANGEABLE = "E.a recorded run cannot be changed";
const HELP = `monitor position    where the run stands (instructions retired)
monitor seek N      go to the instruction at position N of the run so far
monitor tasks       all tasks of the machine
monitor waits       who sleeps, in which system call, and who could end that
`;

/** What a client's packets mean. `reply` is null where nothing is answered. */
export class Session {
  readonly #target: Target;
  readonly #files: GuestFiles;
  readonly #pause: Pause;
  readonly #say: (text: string) => void;
  #last: Stop;
  #general = 0;
  #resumed = 0;
  noAck = false;
  /** What the client wants at its end: nothing yet, to leave the program running, or its end. */
  after: "" | "detach" | "kill" = "";

  /** `say`: shows text to the client's user while the program runs. */
  constructor(target: Target, pause: Pause, say: (text: string) => void) {
    this.#say = say;
    this.#target = target;
    this.#files = new GuestFiles(target.k, target.recorded);
    this.#pause = pause;
    this.#last = { kind: "step", pid: target.currentPid() };
  }

  async answer(text: string): Promise<string | null> {
    const c = text[0] ?? "";
    switch (c) {
      case "?":
        return this.#stopReply();
      case "q":
      case "Q":
        return this.#query(text);
      case "H":
        return this.#setThread(text);
      case "T":
        return this.#target.thread(Number.parseInt(text.slice(1), 16)) ? OK : BAD;
      case "g":
        return this.#registers((bytes) => toHex(bytes));
      case "G":
        return this.#setRegisters(fromHex(text.slice(1)), 0);
      case "p":
      case "P":
        return this.#oneRegister(c, text.slice(1));
      case "m":
      case "x":
        return this.#readMemory(c, text.slice(1));
      case "M":
      case "X":
        return this.#writeMemory(c, text.slice(1));
      case "Z":
      case "z":
        return this.#point(text);
      case "v":
        return text.startsWith("vFile:") ? this.#file(text.slice(6)) : this.#verbose(text);
      case "c":
      case "s":
      case "C":
      case "S":
        return this.#resume(`${c}${c === "C" || c === "S" ? text.slice(1, 3) : ""}`, this.#resumed);
      case "b":
        if (text === "bs") return this.#stopped(this.#target.reverseStep(this.#thread(this.#resumed)));
        if (text === "bc") return this.#stopped(await this.#target.reverseContinue(this.#pause));
        return "";
      case "D":
        this.after = "detach";
        return OK;
      case "k":
        this.after = "kill";
        return null;
      default:
        return "";
    }
  }

  #thread(wanted: number): number {
    const at = this.#last.kind === "exited" ? 0 : this.#last.pid;
    if (wanted > 0 && this.#target.thread(wanted)) return wanted;
    return this.#target.thread(at) ? at : this.#target.currentPid();
  }

  #setThread(text: string): string {
    const n = text.slice(2) === "-1" ? 0 : Number.parseInt(text.slice(2), 16);
    if (Number.isNaN(n) || (n > 0 && !this.#target.thread(n))) return BAD;
    if (text[1] === "g") this.#general = n;
    else this.#resumed = n;
    return OK;
  }

  #stopped(stop: Stop): string {
    this.#last = stop;
    if (stop.kind === "stuck") this.#say("Every task is asleep and nothing can wake one (`monitor waits` lists them).\n");
    if (stop.kind === "end")
      this.#say(
        `${this.#target.recorded?.divergence() ?? "The recording ends here: its recorder was stopped before the program ended"}.\n`,
      );
    if (stop.kind !== "exited") this.#general = this.#resumed = 0;
    return this.#stopReply();
  }

  #stopReply(): string {
    const stop = this.#last;
    if (stop.kind === "exited") {
      const sig = stop.status & 0x7f;
      return sig ? `X${hex2(toGdbSignal(sig))}` : `W${hex2((stop.status >> 8) & 0xff)}`;
    }
    const sig = stop.kind === "signal" ? stop.signal : stop.kind === "interrupt" || stop.kind === "stuck" ? SIGINT : SIGTRAP;
    let more = "";
    if (stop.kind === "break") more = "swbreak:;";
    if (stop.kind === "watch" || stop.kind === "rwatch" || stop.kind === "awatch") more = `${stop.kind}:${stop.address.toString(16)};`;
    if (stop.kind === "call") more = `syscall_entry:${stop.nr.toString(16)};`;
    if (stop.kind === "return") more = `syscall_return:${stop.nr.toString(16)};`;
    if (stop.kind === "exec") more = `exec:${textToHex(stop.path)};`;
    if (stop.kind === "begin") more = "replaylog:begin;";
    if (stop.kind === "end") more = "replaylog:end;";
    return `T${hex2(toGdbSignal(sig))}thread:${stop.pid.toString(16)};${more}`;
  }

  #query(text: string): string {
    if (text.startsWith("qSupported")) {
      this.#target.tellExec = text.includes("exec-events+");
      return `PacketSize=${PACKET_SIZE.toString(16)};QStartNoAckMode+;qXfer:features:read+;qXfer:auxv:read+;qXfer:exec-file:read+;qXfer:threads:read+;vContSupported+;ReverseStep+;ReverseContinue+;swbreak+;hwbreak+;QPassSignals+;QCatchSyscalls+;qXfer:siginfo:read+${this.#target.tellExec ? ";exec-events+" : ""}`;
    }
    if (text === "QStartNoAckMode") {
      this.noAck = true;
      return OK;
    }
    if (text === "qC") return `QC${this.#thread(0).toString(16)}`;
    if (text === "qfThreadInfo")
      return `m${this.#target
        .threads()
        .map((t) => t.pid.toString(16))
        .join(",")}`;
    if (text === "qsThreadInfo") return "l";
    if (text === "qAttached") return "0";
    if (text.startsWith("qSymbol")) return OK;
    if (text.startsWith("qThreadExtraInfo,")) {
      const t = this.#target.thread(Number.parseInt(text.slice(17), 16));
      return t ? textToHex(`${t.comm}${t.inBlockedCall ? ", asleep" : ""}`) : BAD;
    }
    if (text.startsWith("QPassSignals:")) {
      const numbers = text
        .slice(13)
        .split(";")
        .filter((s) => s !== "");
      this.#target.passed = new Set(numbers.map((s) => fromGdbSignal(Number.parseInt(s, 16))));
      return OK;
    }
    if (text.startsWith("QCatchSyscalls:")) {
      const [on, ...numbers] = text.slice(15).split(";");
      this.#target.catchCalls(on === "1" ? new Set(numbers.map((n) => Number.parseInt(n, 16))) : null);
      return OK;
    }
    if (text.startsWith("qRcmd,")) return this.#monitor(new TextDecoder().decode(fromHex(text.slice(6)) ?? new Uint8Array(0)));
    const xfer = /^qXfer:([a-z-]+):read:([^:]*):([0-9a-fA-F]+),([0-9a-fA-F]+)$/.exec(text);
    if (xfer)
      return this.#transfer(
        xfer[1] as string,
        xfer[2] as string,
        Number.parseInt(xfer[3] as string, 16),
        Number.parseInt(xfer[4] as string, 16),
      );
    return "";
  }

  #transfer(object: string, annex: string, offset: number, length: number): string {
    const { program } = this.#target.k;
    let data = "";
    if (object === "features" && annex === "target.xml") data = targetXml();
    else if (object === "exec-file") data = this.#target.k.programPath;
    else if (object === "threads") {
      const list = this.#target.threads().map((t) => `<thread id="${t.pid.toString(16)}" name="${t.comm.replace(/[<>&"]/g, "?")}"/>`);
      data = `<?xml version="1.0"?><threads>${list.join("")}</threads>`;
    } else if (object === "auxv") {
      const auxv = program.mm?.auxv ?? [];
      const v = new DataView(new ArrayBuffer(auxv.length * 8));
      auxv.forEach((n, i) => {
        v.setInt32(i * 8, n | 0, true);
        v.setInt32(i * 8 + 4, Math.floor(n / 4294967296) | 0, true);
      });
      data = bytesToText(new Uint8Array(v.buffer));
    } else if (object === "siginfo" && this.#last.kind === "signal") data = bytesToText(this.#last.info);
    else return "E00";
    const part = data.slice(offset, offset + Math.min(length, PACKET_SIZE / 2));
    return `${offset + part.length < data.length ? "m" : "l"}${part}`;
  }

  #monitor(command: string): string {
    const { k } = this.#target;
    const [word, n] = command.trim().split(/\s+/);
    if (word === "position") {
      const { recorded } = this.#target;
      return textToHex(`${k.machine.totalRetired}${recorded ? ` of ${recorded.last.position} recorded` : ""}\n`);
    }
    if (word === "seek" && n !== undefined && /^\d+$/.test(n)) {
      this.#target.seek(Number(n));
      this.#last = { kind: "step", pid: this.#target.currentPid() };
      return textToHex(`At ${k.machine.totalRetired}. gdb does not know yet: \`maintenance flush register-cache\` tells it.\n`);
    }
    if (word === "tasks") {
      const state = (t: { exitState: number; inBlockedCall: boolean }): string =>
        t.exitState ? "ended" : t.inBlockedCall ? "asleep" : "runnable";
      const lines = [...k.pids.values()].filter((t) => t.mm).map((t) => `${t.pid}\tprocess ${t.tgid}\t${t.comm}\t${state(t)}\n`);
      return textToHex(lines.join(""));
    }
    if (word === "waits")
      return textToHex(
        waitGraph(k)
          .map((line) => `${line}\n`)
          .join("") || "Nobody sleeps in a system call.\n",
      );
    return textToHex(HELP);
  }

  #registers(give: (bytes: Uint8Array) => string): string {
    const task = this.#target.thread(this.#thread(this.#general));
    if (!task) return BAD;
    return give(readRegisters(this.#target.context(task), task.inBlockedCall ? task.syscallNr : -1));
  }

  #setRegisters(bytes: Uint8Array | null, offset: number): string {
    const task = this.#target.thread(this.#thread(this.#general));
    if (this.#target.recorded) return UNCHANGEABLE;
    if (!task || !bytes || offset + bytes.length > REGISTERS_SIZE) return BAD;
    const all = readRegisters(this.#target.context(task), -1);
    all.set(bytes, offset);
    writeRegisters(this.#target.context(task), all);
    this.#target.history.changed();
    return OK;
  }

  #oneRegister(c: string, text: string): string {
    const [n, value] = text.split("=");
    const r = REGISTERS[Number.parseInt(n as string, 16)];
    if (!r) return BAD;
    if (c === "p") return this.#registers((bytes) => toHex(bytes.subarray(r.offset, r.offset + r.size)));
    const bytes = fromHex(value ?? "");
    return bytes && bytes.length === r.size ? this.#setRegisters(bytes, r.offset) : BAD;
  }

  #readMemory(c: string, text: string): string {
    const m = /^([0-9a-fA-F]{1,16}),([0-9a-fA-F]{1,16})$/.exec(text);
    if (!m) return BAD;
    const length = Math.min(Number.parseInt(m[2] as string, 16), PACKET_SIZE / 2 - 8);
    const bytes = this.#target.read(Number.parseInt(m[1] as string, 16), length);
    if (length > 0 && bytes.length === 0) return "E14";
    return c === "m" ? toHex(bytes) : `b${bytesToText(bytes)}`;
  }

  #writeMemory(c: string, text: string): string {
    const colon = text.indexOf(":");
    const m = /^([0-9a-fA-F]{1,16}),([0-9a-fA-F]{1,16})$/.exec(text.slice(0, Math.max(0, colon)));
    if (!m) return BAD;
    const data = text.slice(colon + 1);
    const bytes = c === "M" ? fromHex(data) : Uint8Array.from(data, (ch) => ch.charCodeAt(0));
    if (!bytes || bytes.length !== Number.parseInt(m[2] as string, 16)) return BAD;
    if (this.#target.recorded) return UNCHANGEABLE;
    return this.#target.write(Number.parseInt(m[1] as string, 16), bytes) ? OK : "E14";
  }

  #point(text: string): string {
    const m = /^[Zz]([0-4]),([0-9a-fA-F]{1,16}),([0-9a-fA-F]{1,8})/.exec(text);
    if (!m) return BAD;
    const address = Number.parseInt(m[2] as string, 16);
    const length = Number.parseInt(m[3] as string, 16);
    const set = text[0] === "Z";
    if (m[1] === "0" || m[1] === "1") {
      if (set) this.#target.points.addBreakpoint(address);
      else this.#target.points.removeBreakpoint(address);
      return OK;
    }
    if (length < 1 || length > 4096) return BAD;
    const kind = m[1] === "2" ? "watch" : m[1] === "3" ? "rwatch" : "awatch";
    if (set) this.#target.points.addWatchpoint(kind, address, length);
    else this.#target.points.removeWatchpoint(kind, address, length);
    return OK;
  }

  async #verbose(text: string): Promise<string | null> {
    if (text === "vCont?") return "vCont;c;C;s;S;r";
    if (text.startsWith("vKill")) {
      this.after = "kill";
      return OK;
    }
    if (!text.startsWith("vCont;")) return "";
    // A thread that steps decides; else what is said first.
    const actions = text
      .slice(6)
      .split(";")
      .map((a) => a.split(":"));
    const chosen = actions.find(([a]) => /^[sSr]/.test(a as string)) ?? actions[0];
    if (!chosen || !/^[cCsSr]/.test(chosen[0] as string)) return BAD;
    const pid = Number.parseInt(chosen[1] ?? "0", 16);
    return this.#resume(chosen[0] as string, pid > 0 ? pid : 0);
  }

  async #resume(action: string, thread: number): Promise<string> {
    if (this.#last.kind === "exited") return this.#stopReply();
    const pid = this.#thread(thread);
    const kind = action[0] as string;
    const sent = kind === "C" || kind === "S" ? fromGdbSignal(Number.parseInt(action.slice(1, 3), 16)) : 0;
    const asked = this.#last.kind === "signal" ? this.#last.signal : 0;
    if (this.#target.recorded && sent !== asked && sent !== SIGTRAP && sent !== 0)
      this.#say("A recorded run gets the signals that it got.\n");
    if (this.#last.kind === "signal") this.#target.settleSignal(this.#last.pid, this.#last.signal, sent);
    else if (sent !== 0 && sent !== SIGTRAP) this.#target.settleSignal(pid, 0, sent);
    if (kind === "c" || kind === "C") return this.#stopped(await this.#target.continue(this.#pause));
    const range = /^r([0-9a-fA-F]+),([0-9a-fA-F]+)$/.exec(action);
    const [start, end] = range ? [Number.parseInt(range[1] as string, 16), Number.parseInt(range[2] as string, 16)] : [0, 0];
    return this.#stopped(await this.#target.step(pid, start, end, this.#pause));
  }

  #file(text: string): string {
    const [, name, rest] = /^([a-z]+):(.*)$/s.exec(text) ?? [];
    const args = (rest ?? "").split(",");
    const number = (i: number): number => Number.parseInt(args[i] ?? "", 16);
    const failed = (errno: number): string => `F-1,${errno.toString(16)}`;
    if (name === "setfs") return "F0";
    if (name === "open") {
      const path = bytesToText(fromHex(args[0] ?? "") ?? new Uint8Array(0));
      const fd = this.#files.open(path);
      return fd < 0 ? failed(-fd) : `F${fd.toString(16)}`;
    }
    if (name === "close") return this.#files.close(number(0)) < 0 ? failed(9) : "F0";
    const length = Math.min(number(1), PACKET_SIZE / 2);
    const bytes =
      name === "fstat" ? this.#files.stat(number(0)) : name === "pread" ? this.#files.read(number(0), length, number(2)) : undefined;
    if (bytes === undefined) return "";
    return bytes ? `F${bytes.length.toString(16)};${bytesToText(bytes)}` : failed(9);
  }
}

function hex2(n: number): string {
  return n.toString(16).padStart(2, "0");
}

/** Bytes as text, one char per byte. */
function bytesToText(bytes: Uint8Array): string {
  let out = "";
  for (const b of bytes) out += String.fromCharCode(b);
  return out;
}
