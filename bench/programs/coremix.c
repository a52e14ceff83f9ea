// Integer mix in the manner of CoreMark: linked-list find and sort, small matrix work, a state machine, CRC-16.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
struct node { struct node *next; int16_t value, key; };
static uint16_t crc16(uint16_t crc, uint16_t v) {
  for (int i = 0; i < 16; i++) {
    unsigned bit = (crc ^ v) & 1;
    crc >>= 1;
    if (bit) crc ^= 0xa001;
    v >>= 1;
  }
  return crc;
}
static struct node *sort(struct node *list) {
  for (int size = 1;; size *= 2) {
    struct node *p = list, *tail = 0;
    int merges = 0;
    list = 0;
    while (p) {
      merges++;
      struct node *q = p;
      int ps = 0, qs = size;
      for (int i = 0; i < size && q; i++) { ps++; q = q->next; }
      while (ps > 0 || (qs > 0 && q)) {
        struct node *e;
        if (ps == 0) { e = q; q = q->next; qs--; }
        else if (qs == 0 || !q || p->value <= q->value) { e = p; p = p->next; ps--; }
        else { e = q; q = q->next; qs--; }
        if (tail) tail->next = e; else list = e;
        tail = e;
      }
      p = q;
    }
    tail->next = 0;
    if (merges <= 1) return list;
  }
}
static int state_machine(const char *s) {
  int counts[6] = {0}, state = 0;
  for (; *s; s++) {
    switch (state) {
      case 0: state = (*s >= '0' && *s <= '9') ? 1 : (*s == '+' || *s == '-') ? 2 : (*s == '.') ? 3 : 5; break;
      case 1: state = *s == '.' ? 3 : (*s == ',' ? 0 : (*s >= '0' && *s <= '9') ? 1 : 5); break;
      case 2: state = (*s >= '0' && *s <= '9') ? 1 : *s == '.' ? 3 : 5; break;
      case 3: state = (*s == 'e' || *s == 'E') ? 4 : *s == ',' ? 0 : (*s >= '0' && *s <= '9') ? 3 : 5; break;
      case 4: state = *s == ',' ? 0 : 4; break;
      default: if (*s == ',') state = 0;
    }
    counts[state]++;
  }
  return counts[0] + 3 * counts[1] + 7 * counts[3] + 11 * counts[5];
}
int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 10000;
  static struct node nodes[400];
  static int16_t a[24][24], b[24][24];
  static int32_t c[24][24];
  uint32_t seed = 1;
  uint16_t crc = 0;
  const char *text = "5012,1234,-874,+122,35.54400,.1234500,-110.700,+0.64400,5.500e+3,-.123e-2,-87e+832,+0.6e-12,T0.3e-1F,-T.T++Tq,1T3.4e4z,34.0e-T^,";
  for (int r = 0; r < rounds; r++) {
    for (int i = 0; i < 400; i++) {
      seed = seed * 1103515245 + 12345;
      nodes[i].value = seed >> 16;
      nodes[i].key = i;
      nodes[i].next = i < 399 ? &nodes[i + 1] : 0;
    }
    struct node *list = sort(nodes);
    for (struct node *n = list; n; n = n->next) crc = crc16(crc, n->value ^ n->key);
    for (int i = 0; i < 24; i++) for (int j = 0; j < 24; j++) { a[i][j] = seed + i * j; b[i][j] = seed - i + j; }
    for (int i = 0; i < 24; i++) for (int j = 0; j < 24; j++) {
      int32_t sum = 0;
      for (int k = 0; k < 24; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
    crc = crc16(crc, c[r % 24][(r * 7) % 24]);
    crc = crc16(crc, state_machine(text));
  }
  printf("%04x\n", crc);
}
