/** The Internet checksum (RFC 1071). */

/** Adds `n` bytes, as 16-bit words in network order, to a running sum. Sums of up to 64 KiB stay exact. @linux lib/checksum.c csum_partial */
export function csumPartial(bytes: Uint8Array, from: number, n: number, sum: number): number {
  const end = from + n - 1;
  let i = from;
  for (; i < end; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (i === end) sum += bytes[i]! << 8;
  return sum;
}

/** The sum as it goes into a header. @linux include/asm-generic/checksum.h csum_fold */
export function csumFold(sum: number): number {
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
