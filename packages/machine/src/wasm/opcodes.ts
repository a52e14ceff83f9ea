/**
 * WebAssembly opcodes by their text-format names (WebAssembly Core Specification 2.0, section 5.4,
 * and the tail-call proposal). Plain numbers: `code.op(I64.add)`.
 */

/** Value types as encoded in function types, locals and block types. */
export const T = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b, funcref: 0x70, empty: 0x40 } as const;

/** Control and parametric instructions. */
export const Ctl = {
  unreachable: 0x00, nop: 0x01, block: 0x02, loop: 0x03, if: 0x04, else: 0x05, end: 0x0b,
  br: 0x0c, br_if: 0x0d, br_table: 0x0e, return: 0x0f, call: 0x10, call_indirect: 0x11,
  return_call: 0x12, return_call_indirect: 0x13, drop: 0x1a, select: 0x1b,
  local_get: 0x20, local_set: 0x21, local_tee: 0x22, global_get: 0x23, global_set: 0x24,
} as const;

/** i32 instructions; `load*`/`store*` take a memory immediate (see Code.mem). */
export const I32 = {
  load: 0x28, load8_s: 0x2c, load8_u: 0x2d, load16_s: 0x2e, load16_u: 0x2f,
  store: 0x36, store8: 0x3a, store16: 0x3b,
  eqz: 0x45, eq: 0x46, ne: 0x47, lt_s: 0x48, lt_u: 0x49, gt_s: 0x4a, gt_u: 0x4b,
  le_s: 0x4c, le_u: 0x4d, ge_s: 0x4e, ge_u: 0x4f,
  clz: 0x67, ctz: 0x68, popcnt: 0x69, add: 0x6a, sub: 0x6b, mul: 0x6c,
  div_s: 0x6d, div_u: 0x6e, rem_s: 0x6f, rem_u: 0x70, and: 0x71, or: 0x72, xor: 0x73,
  shl: 0x74, shr_s: 0x75, shr_u: 0x76, rotl: 0x77, rotr: 0x78,
  wrap_i64: 0xa7, trunc_f32_s: 0xa8, trunc_f32_u: 0xa9, trunc_f64_s: 0xaa, trunc_f64_u: 0xab,
  reinterpret_f32: 0xbc, extend8_s: 0xc0, extend16_s: 0xc1,
} as const;

/** i64 instructions. */
export const I64 = {
  load: 0x29, load8_s: 0x30, load8_u: 0x31, load16_s: 0x32, load16_u: 0x33, load32_s: 0x34, load32_u: 0x35,
  store: 0x37, store8: 0x3c, store16: 0x3d, store32: 0x3e,
  eqz: 0x50, eq: 0x51, ne: 0x52, lt_s: 0x53, lt_u: 0x54, gt_s: 0x55, gt_u: 0x56,
  le_s: 0x57, le_u: 0x58, ge_s: 0x59, ge_u: 0x5a,
  clz: 0x79, ctz: 0x7a, popcnt: 0x7b, add: 0x7c, sub: 0x7d, mul: 0x7e,
  div_s: 0x7f, div_u: 0x80, rem_s: 0x81, rem_u: 0x82, and: 0x83, or: 0x84, xor: 0x85,
  shl: 0x86, shr_s: 0x87, shr_u: 0x88, rotl: 0x89, rotr: 0x8a,
  extend_i32_s: 0xac, extend_i32_u: 0xad, trunc_f32_s: 0xae, trunc_f32_u: 0xaf, trunc_f64_s: 0xb0, trunc_f64_u: 0xb1,
  reinterpret_f64: 0xbd, extend8_s: 0xc2, extend16_s: 0xc3, extend32_s: 0xc4,
} as const;

/** f32 instructions. */
export const F32 = {
  load: 0x2a, store: 0x38, eq: 0x5b, ne: 0x5c, lt: 0x5d, gt: 0x5e, le: 0x5f, ge: 0x60,
  abs: 0x8b, neg: 0x8c, ceil: 0x8d, floor: 0x8e, trunc: 0x8f, nearest: 0x90, sqrt: 0x91,
  add: 0x92, sub: 0x93, mul: 0x94, div: 0x95, min: 0x96, max: 0x97, copysign: 0x98,
  convert_i32_s: 0xb2, convert_i32_u: 0xb3, convert_i64_s: 0xb4, convert_i64_u: 0xb5, demote_f64: 0xb6, reinterpret_i32: 0xbe,
} as const;

/** f64 instructions. */
export const F64 = {
  load: 0x2b, store: 0x39, eq: 0x61, ne: 0x62, lt: 0x63, gt: 0x64, le: 0x65, ge: 0x66,
  abs: 0x99, neg: 0x9a, ceil: 0x9b, floor: 0x9c, trunc: 0x9d, nearest: 0x9e, sqrt: 0x9f,
  add: 0xa0, sub: 0xa1, mul: 0xa2, div: 0xa3, min: 0xa4, max: 0xa5, copysign: 0xa6,
  convert_i32_s: 0xb7, convert_i32_u: 0xb8, convert_i64_s: 0xb9, convert_i64_u: 0xba, promote_f32: 0xbb, reinterpret_i64: 0xbf,
} as const;

/** Instructions behind the 0xfc prefix. */
export const Fc = {
  i32_trunc_sat_f32_s: 0, i32_trunc_sat_f32_u: 1, i32_trunc_sat_f64_s: 2, i32_trunc_sat_f64_u: 3,
  i64_trunc_sat_f32_s: 4, i64_trunc_sat_f32_u: 5, i64_trunc_sat_f64_s: 6, i64_trunc_sat_f64_u: 7,
  memory_copy: 10, memory_fill: 11,
} as const;

/** SIMD instructions behind the 0xfd prefix. */
export const V = {
  load: 0, load8x8_s: 1, load8x8_u: 2, load16x4_s: 3, load16x4_u: 4, load32x2_s: 5, load32x2_u: 6,
  load8_splat: 7, load16_splat: 8, load32_splat: 9, load64_splat: 10, store: 11, const: 12, i8x16_shuffle: 13, i8x16_swizzle: 14,
  i8x16_splat: 15, i16x8_splat: 16, i32x4_splat: 17, i64x2_splat: 18, f32x4_splat: 19, f64x2_splat: 20,
  i8x16_extract_lane_s: 21, i8x16_extract_lane_u: 22, i8x16_replace_lane: 23, i16x8_extract_lane_s: 24, i16x8_extract_lane_u: 25,
  i16x8_replace_lane: 26, i32x4_extract_lane: 27, i32x4_replace_lane: 28, i64x2_extract_lane: 29, i64x2_replace_lane: 30,
  f32x4_extract_lane: 31, f32x4_replace_lane: 32, f64x2_extract_lane: 33, f64x2_replace_lane: 34,
  i8x16_eq: 35, i8x16_ne: 36, i8x16_lt_s: 37, i8x16_lt_u: 38, i8x16_gt_s: 39, i8x16_gt_u: 40, i8x16_le_s: 41, i8x16_le_u: 42, i8x16_ge_s: 43, i8x16_ge_u: 44,
  i16x8_eq: 45, i16x8_ne: 46, i16x8_lt_s: 47, i16x8_lt_u: 48, i16x8_gt_s: 49, i16x8_gt_u: 50, i16x8_le_s: 51, i16x8_le_u: 52, i16x8_ge_s: 53, i16x8_ge_u: 54,
  i32x4_eq: 55, i32x4_ne: 56, i32x4_lt_s: 57, i32x4_lt_u: 58, i32x4_gt_s: 59, i32x4_gt_u: 60, i32x4_le_s: 61, i32x4_le_u: 62, i32x4_ge_s: 63, i32x4_ge_u: 64,
  f32x4_eq: 65, f32x4_ne: 66, f32x4_lt: 67, f32x4_gt: 68, f32x4_le: 69, f32x4_ge: 70,
  f64x2_eq: 71, f64x2_ne: 72, f64x2_lt: 73, f64x2_gt: 74, f64x2_le: 75, f64x2_ge: 76,
  not: 77, and: 78, andnot: 79, or: 80, xor: 81, bitselect: 82, any_true: 83,
  load8_lane: 84, load16_lane: 85, load32_lane: 86, load64_lane: 87, store8_lane: 88, store16_lane: 89, store32_lane: 90, store64_lane: 91,
  load32_zero: 92, load64_zero: 93, f32x4_demote_f64x2_zero: 94, f64x2_promote_low_f32x4: 95,
  i8x16_abs: 96, i8x16_neg: 97, i8x16_popcnt: 98, i8x16_all_true: 99, i8x16_bitmask: 100, i8x16_narrow_i16x8_s: 101, i8x16_narrow_i16x8_u: 102,
  f32x4_ceil: 103, f32x4_floor: 104, f32x4_trunc: 105, f32x4_nearest: 106,
  i8x16_shl: 107, i8x16_shr_s: 108, i8x16_shr_u: 109, i8x16_add: 110, i8x16_add_sat_s: 111, i8x16_add_sat_u: 112, i8x16_sub: 113, i8x16_sub_sat_s: 114, i8x16_sub_sat_u: 115,
  f64x2_ceil: 116, f64x2_floor: 117, i8x16_min_s: 118, i8x16_min_u: 119, i8x16_max_s: 120, i8x16_max_u: 121, f64x2_trunc: 122, i8x16_avgr_u: 123,
  i16x8_extadd_pairwise_i8x16_s: 124, i16x8_extadd_pairwise_i8x16_u: 125, i32x4_extadd_pairwise_i16x8_s: 126, i32x4_extadd_pairwise_i16x8_u: 127,
  i16x8_abs: 128, i16x8_neg: 129, i16x8_q15mulr_sat_s: 130, i16x8_all_true: 131, i16x8_bitmask: 132, i16x8_narrow_i32x4_s: 133, i16x8_narrow_i32x4_u: 134,
  i16x8_extend_low_i8x16_s: 135, i16x8_extend_high_i8x16_s: 136, i16x8_extend_low_i8x16_u: 137, i16x8_extend_high_i8x16_u: 138,
  i16x8_shl: 139, i16x8_shr_s: 140, i16x8_shr_u: 141, i16x8_add: 142, i16x8_add_sat_s: 143, i16x8_add_sat_u: 144, i16x8_sub: 145, i16x8_sub_sat_s: 146, i16x8_sub_sat_u: 147,
  f64x2_nearest: 148, i16x8_mul: 149, i16x8_min_s: 150, i16x8_min_u: 151, i16x8_max_s: 152, i16x8_max_u: 153, i16x8_avgr_u: 155,
  i16x8_extmul_low_i8x16_s: 156, i16x8_extmul_high_i8x16_s: 157, i16x8_extmul_low_i8x16_u: 158, i16x8_extmul_high_i8x16_u: 159,
  i32x4_abs: 160, i32x4_neg: 161, i32x4_all_true: 163, i32x4_bitmask: 164,
  i32x4_extend_low_i16x8_s: 167, i32x4_extend_high_i16x8_s: 168, i32x4_extend_low_i16x8_u: 169, i32x4_extend_high_i16x8_u: 170,
  i32x4_shl: 171, i32x4_shr_s: 172, i32x4_shr_u: 173, i32x4_add: 174, i32x4_sub: 177, i32x4_mul: 181,
  i32x4_min_s: 182, i32x4_min_u: 183, i32x4_max_s: 184, i32x4_max_u: 185, i32x4_dot_i16x8_s: 186,
  i32x4_extmul_low_i16x8_s: 188, i32x4_extmul_high_i16x8_s: 189, i32x4_extmul_low_i16x8_u: 190, i32x4_extmul_high_i16x8_u: 191,
  i64x2_abs: 192, i64x2_neg: 193, i64x2_all_true: 195, i64x2_bitmask: 196,
  i64x2_extend_low_i32x4_s: 199, i64x2_extend_high_i32x4_s: 200, i64x2_extend_low_i32x4_u: 201, i64x2_extend_high_i32x4_u: 202,
  i64x2_shl: 203, i64x2_shr_s: 204, i64x2_shr_u: 205, i64x2_add: 206, i64x2_sub: 209, i64x2_mul: 213,
  i64x2_eq: 214, i64x2_ne: 215, i64x2_lt_s: 216, i64x2_gt_s: 217, i64x2_le_s: 218, i64x2_ge_s: 219,
  i64x2_extmul_low_i32x4_s: 220, i64x2_extmul_high_i32x4_s: 221, i64x2_extmul_low_i32x4_u: 222, i64x2_extmul_high_i32x4_u: 223,
  f32x4_abs: 224, f32x4_neg: 225, f32x4_sqrt: 227, f32x4_add: 228, f32x4_sub: 229, f32x4_mul: 230, f32x4_div: 231, f32x4_min: 232, f32x4_max: 233, f32x4_pmin: 234, f32x4_pmax: 235,
  f64x2_abs: 236, f64x2_neg: 237, f64x2_sqrt: 239, f64x2_add: 240, f64x2_sub: 241, f64x2_mul: 242, f64x2_div: 243, f64x2_min: 244, f64x2_max: 245, f64x2_pmin: 246, f64x2_pmax: 247,
  i32x4_trunc_sat_f32x4_s: 248, i32x4_trunc_sat_f32x4_u: 249, f32x4_convert_i32x4_s: 250, f32x4_convert_i32x4_u: 251,
  i32x4_trunc_sat_f64x2_s_zero: 252, i32x4_trunc_sat_f64x2_u_zero: 253, f64x2_convert_low_i32x4_s: 254, f64x2_convert_low_i32x4_u: 255,
} as const;
