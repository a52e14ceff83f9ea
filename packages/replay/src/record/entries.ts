/** Entries of a recording's log: what the machine asked of its outside, and the answer. The numbers are in files. */
export const ASK = {
  monotonic: 1,
  realtime: 2,
  entropy: 3,
  read: 4,
  write: 5,
  size: 6,
  /** A host program brought into the guest before its start, and its bytes in pieces. */
  bring: 7,
  piece: 8,
  /** Frames of the network, and the time that the machine waited for them. */
  transmit: 9,
  receive: 10,
  waited: 11,

  lstat: 16,
  readdir: 17,
  readlink: 18,
  xattrs: 19,
  fileRead: 20,

  fileWrite: 32,
  create: 33,
  truncate: 34,
  mkdir: 35,
  unlink: 36,
  rmdir: 37,
  rename: 38,
  symlink: 39,
  link: 40,
  chmod: 41,
  utimes: 42,
} as const;

export type Ask = (typeof ASK)[keyof typeof ASK];

const TEXTS: Record<Ask, string> = {
  [ASK.monotonic]: "a reading of the clock",
  [ASK.realtime]: "a reading of the wall clock",
  [ASK.entropy]: "random bytes",
  [ASK.read]: "input",
  [ASK.write]: "output",
  [ASK.size]: "the terminal's size",
  [ASK.bring]: "the program's file",
  [ASK.piece]: "a piece of the program's file",
  [ASK.transmit]: "a frame that is sent",
  [ASK.receive]: "a frame that is received",
  [ASK.waited]: "the time that was waited",
  [ASK.lstat]: "lstat",
  [ASK.readdir]: "the entries of directory",
  [ASK.readlink]: "the target of link",
  [ASK.xattrs]: "the extended attributes of",
  [ASK.fileRead]: "the contents of",
  [ASK.fileWrite]: "a write to",
  [ASK.create]: "the creation of",
  [ASK.truncate]: "a truncation of",
  [ASK.mkdir]: "mkdir",
  [ASK.unlink]: "unlink",
  [ASK.rmdir]: "rmdir",
  [ASK.rename]: "a renaming of",
  [ASK.symlink]: "symlink",
  [ASK.link]: "a link to",
  [ASK.chmod]: "chmod",
  [ASK.utimes]: "the times of",
};

/** What an entry is, for a reader. */
export function askText(ask: number, path = ""): string {
  const text = TEXTS[ask as Ask] ?? `an entry of unknown kind ${ask}`;
  return path === "" ? text : `${text} ${path}`;
}

/** Answers of a read of standard input. */
export const INPUT_WAIT = 0;
export const INPUT_END = 1;
export const INPUT_BYTES = 2;

/** How the bytes of a file read are given: in the entry; in the entry, as the next numbered block; or as block n - 2. */
export const DATA_INLINE = 0;
export const DATA_NEW = 1;
export const DATA_KNOWN = 2;
/** Blocks shorter than this are not numbered. */
export const LEAST_BLOCK = 256;

/** Length of the bytes of a brought-in program that one entry has. */
export const PIECE = 2 ** 18;

/** What comes at a place of the run (chunk type PLACES). */
export const PLACE = { arrival: 1, check: 2 } as const;

/** Kinds of arrivals by their numbers in files. */
export const ARRIVALS = ["stdin", "winch", "sigint", "sigterm", "sighup", "net"] as const;

/** Chunk types. */
export const HEAD = "HEAD";
export const LOG = "LOG ";
export const PLACES = "PLAC";
