import { type AllowSpec, parseAllow } from "@lstar/host/node/outgoing.ts";
import { type PublishSpec, parsePublish } from "@lstar/host/node/publish.ts";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDate } from "./date.ts";
import { parseSize } from "./size.ts";

/** A host directory shown in the guest. */
export interface MountSpec {
  host: string;
  guest: string;
  writable: boolean;
}

/** The options that every command which runs a program takes. */
export interface RunOptions {
  root?: string;
  image?: string;
  commit?: string;
  unpackLimit?: number;
  progress: boolean;
  mount: MountSpec[];
  env: string[];
  cwd?: string;
  user?: { uid: number; gid: number };
  memory: number;
  seed: number;
  clock?: "virtual" | "real";
  date?: { sec: number; nsec: number };
  jit: "off" | "on";
  chaos?: boolean;
  e?: string[];
  /** Where packets are written to. */
  pcap?: string;
  publish: PublishSpec[];
  allowConnect: AllowSpec[];
  /** TCP port for gdb. */
  gdb?: number;
}

function collect<T>(parse: (text: string) => T): (text: string, before: T[]) => T[] {
  return (text, before) => [...before, parse(text)];
}

function mountSpec(text: string): MountSpec {
  const m = /^(.+?):(\/[^:]*)(?::(ro|rw))?$/.exec(text);
  if (!m) throw new InvalidArgumentError("expected HOST:GUEST or HOST:GUEST:rw, with GUEST an absolute path.");
  return { host: m[1]!, guest: m[2]!, writable: m[3] === "rw" };
}

function publishSpec(text: string): PublishSpec {
  const spec = parsePublish(text);
  if (typeof spec === "string") throw new InvalidArgumentError(spec);
  return spec;
}

function allowSpec(text: string): AllowSpec[] {
  const specs = parseAllow(text);
  if (typeof specs === "string") throw new InvalidArgumentError(specs);
  return specs;
}

function userSpec(text: string): { uid: number; gid: number } {
  const m = /^(\d+)(?::(\d+))?$/.exec(text);
  if (!m) throw new InvalidArgumentError("expected UID or UID:GID, as numbers.");
  return { uid: Number(m[1]), gid: Number(m[2] ?? m[1]) };
}

function envSpec(text: string): string {
  if (text.includes("=")) return text;
  const value = process.env[text];
  if (value === undefined) throw new InvalidArgumentError(`expected NAME=VALUE, or the name of a variable that is set (${text} is not).`);
  return `${text}=${value}`;
}

function sizeSpec(text: string): number {
  const bytes = parseSize(text);
  if (bytes === null) throw new InvalidArgumentError("expected a size such as 256M or 1G.");
  if (bytes < 16 * 1024 ** 2) throw new InvalidArgumentError("a machine needs at least 16M.");
  if (bytes > 3.9 * 1024 ** 3) throw new InvalidArgumentError("at most 3.9G can be given.");
  return bytes;
}

function limitSpec(text: string): number {
  const bytes = parseSize(text);
  if (bytes === null) throw new InvalidArgumentError("expected a size such as 256M or 1G.");
  return bytes;
}

export function numberSpec(text: string): number {
  const n = Number(text);
  if (!Number.isSafeInteger(n) || n < 0) throw new InvalidArgumentError("expected a whole number, 0 or more.");
  return n;
}

function dateSpec(text: string): { sec: number; nsec: number } {
  const time = parseDate(text, Date.now());
  if (time === null) throw new InvalidArgumentError("expected now, @SECONDS, or a date such as 2027-03-01 or 2027-03-01T12:30:00Z.");
  return time;
}

export function portSpec(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0 || n > 65535 || text.trim() === "")
    throw new InvalidArgumentError("expected a TCP port, 1 to 65535 (0: one that is free).");
  return n;
}

/** Adds --gdb to a command that runs a program. */
export function withGdbOption(command: Command): Command {
  return command.option("--gdb <PORT>", "wait for gdb on this TCP port of localhost; it can go backward too (virtual clock)", portSpec);
}

/** Adds --pcap to a command that runs a program. */
export function withPcapOption(command: Command): Command {
  return command.option("--pcap <FILE>", "write the packets of the guest's network to FILE, for tcpdump or Wireshark (it is replaced)");
}

/** Adds -e inject=… to a command that shows no system calls. */
export function withInjection(command: Command): Command {
  return command.option(
    "-e <EXPR>",
    "inject faults, as strace: inject=SET:error=ERRNO:when=2+3 · :retval=V · :delay_enter=TIME; and :probability=P · :short[=N]",
    collect((text) => {
      if (!/^(inject|fault)=/.test(text)) throw new InvalidArgumentError("expected inject=… or fault=….");
      return text;
    }),
    [],
  );
}

/** Adds the machine's options and the PROGRAM argument to a command. */
export function withRunOptions(command: Command): Command {
  return command
    .argument(
      "[PROGRAM]",
      "path in the guest; a bare name is searched on the guest's PATH (with --image: what the image starts, if left out)",
    )
    .argument("[ARGS...]", "its arguments")
    .option(
      "--root <DIR|TAR>",
      "the guest's root: a host directory (/ = the host's own files) or a tar archive (plain, gzip, zstd), read-only below a writable in-memory layer",
    )
    .option("--image <PATH>", "the guest's root from an image: an OCI layout, or an archive as docker save or skopeo writes it")
    .option("--commit <OUT.tar>", "save the guest's whole root as a tar archive when the program has ended (OUT.tar is replaced)")
    .option("--unpack-limit <SIZE>", "what a compressed root or image may unpack to, in memory (default 4G)", limitSpec)
    .option("--no-progress", "do not tell on a terminal how far a compressed root or image is unpacked, or how many runs are done")
    .option(
      "--mount <HOST:GUEST[:rw]>",
      "show a host directory in the guest, read-only unless :rw (may be given several times)",
      collect(mountSpec),
      [],
    )
    .option(
      "--publish <[IP:]HOSTPORT:GUESTPORT[/udp]>",
      "lead a port of the host to one of the guest, which gets a network for it (several times; HOSTPORT 0: one that is free; IP: 127.0.0.1 unless given, IPv6 in brackets)",
      collect(publishSpec),
      [],
    )
    .option(
      "--allow-connect <HOST:PORT[,…]>",
      "let the guest connect to these places outside, by TCP, and to no others (several times; the host's own ports: localhost:PORT, which the guest reaches at 10.0.2.2)",
      (text, before: AllowSpec[]) => [...before, ...allowSpec(text)],
      [],
    )
    .option("--env <K=V>", "set a variable in the guest's environment (several times; NAME alone copies it)", collect(envSpec), [])
    .option("--cwd <DIR>", "working directory in the guest")
    .option("--user <UID[:GID]>", "run as this user instead of root", userSpec)
    .option("--memory <SIZE>", "physical memory of the machine", sizeSpec, 1024 ** 3)
    .option("--seed <N>", "seed of everything random: the same seed gives the same run", numberSpec, 1)
    .addOption(
      new Option(
        "--clock <KIND>",
        "virtual: time is counted instructions, sleeping takes none; real: the host's clock (default: real in a terminal and with a network)",
      ).choices(["virtual", "real"]),
    )
    .option(
      "--date <TIME>",
      "date at the start: now, @SECONDS or 2027-03-01T12:30:00Z (default: 2030-01-01 with the virtual clock, so that runs are equal and files are older)",
      dateSpec,
    )
    .addOption(new Option("--jit <WHICH>", "compile hot guest code to WebAssembly").choices(["off", "on"]).default("on"))
    .option("--chaos", "vary the schedule as widely as the seed can, to find races")
    .passThroughOptions()
    .showHelpAfterError("(lstar --help shows how to use it)");
}
