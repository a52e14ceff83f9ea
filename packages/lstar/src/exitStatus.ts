/** A wait status as a shell tells it: the exit status, or 128 + N after signal N. */
export function shellStatus(status: number): number {
  return (status & 0x7f) === 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
}
