import { stateClass } from "../../../state.ts";

/** Size of the line discipline's input buffer. @linux drivers/tty/n_tty.c N_TTY_BUF_SIZE */
export const N_TTY_BUF_SIZE = 4096;
export const MASK = N_TTY_BUF_SIZE - 1;

/** struct n_tty_data. Positions only grow; `& MASK` gives the place in the buffer. */
export class NTtyData {
  readBuf = new Uint8Array(N_TTY_BUF_SIZE);
  /** 1 where a line ends in canonical mode. */
  readFlags = new Uint8Array(N_TTY_BUF_SIZE);
  readHead = 0;
  readTail = 0;
  /** End of the last complete line. */
  canonHead = 0;
  /** End of what a reader in raw mode may have. */
  commitHead = 0;
  icanon = false;
  raw = false;
  /** The next byte is literal (VLNEXT). */
  lnext = false;
  /** Between the \ and / of ECHOPRT. */
  erasing = false;
  push = false;
  /** Bytes that need more than being stored. */
  charMap = new Uint8Array(256);
  /** Output column, and the one where the line being typed began. */
  column = 0;
  canonColumn = 0;
  /** Echo that waits for output to go on: bytes and operations, see nTty/output. */
  echo: number[] = [];
}

stateClass(NTtyData);
