/** Header of a translated block, 32 bytes before its first op (byte offsets). */
export const HEADER_SIZE = 32;
/** i64 virtual address of the first instruction. */
export const HEADER_RIP = 0;
/** u32 physical address of it. */
export const HEADER_PHYS = 8;
/** u32 first op of the next block in the same frame, 0 = none. */
export const HEADER_LINK = 12;
/** u32 compiled region that starts here (slot in the table of regions), if the first op enters one; u32 first op of another block in the same bucket. */
export const HEADER_PROFILE = 16;
export const HEADER_NEXT = 20;
/** u16 which of the region's entries the block is; u16 flags. */
export const HEADER_ENTRY = 24;
export const HEADER_FLAGS = 26;
/** The block is one instruction that lies in two pages: never chained to, found only while both pages are what they were. */
export const BLOCK_CROSSES = 1;
/** u32 first op of a second translation of the block, which is run when the region refuses; 0 = none. */
export const HEADER_PLAIN = 28;
/** u32 frame of the second page of a block that lies in two (which is never a region's entry). */
export const HEADER_SECOND = 28;
