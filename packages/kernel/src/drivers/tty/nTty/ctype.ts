/** Character classes of Linux's own table (Latin-1), which the line discipline goes by. */

/** @linux include/linux/ctype.h iscntrl */
export function isCntrl(c: number): boolean {
  return c < 32 || c === 127;
}

function isUpper(c: number): boolean {
  return (c >= 65 && c <= 90) || (c >= 0xc0 && c <= 0xde && c !== 0xd7);
}

function isLower(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 0xdf && c !== 0xf7);
}

/** @linux include/linux/ctype.h isalnum */
export function isAlnum(c: number): boolean {
  return (c >= 48 && c <= 57) || isUpper(c) || isLower(c);
}

/** @linux include/linux/ctype.h tolower */
export function toLower(c: number): number {
  return isUpper(c) ? c + 32 : c;
}

/** @linux include/linux/ctype.h toupper */
export function toUpper(c: number): number {
  return isLower(c) ? c - 32 : c;
}
