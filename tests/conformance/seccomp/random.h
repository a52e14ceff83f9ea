/** Numbers that are the same everywhere (xorshift32). */
static uint32_t state_ = 0x12345678;
static uint32_t rnd(void) {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 17;
  return state_ ^= state_ << 5;
}
static uint32_t below(uint32_t n) { return rnd() % n; }
/** A constant of an interesting size. */
static uint32_t constant(void) {
  static const uint32_t edges[] = {0, 1, 2, 3, 4, 15, 16, 31, 32, 33, 60, 64, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffff000, 0xfffff028, 0xffffff00};
  return below(3) == 0 ? rnd() : edges[below(COUNT(edges))];
}
