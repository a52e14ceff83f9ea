#include <stdio.h>
#include <stdlib.h>

struct item {
  int key;
  struct item *next;
};

static int total;

static int add(struct item *list, int depth) {
  int here = list->key * 2;
  total += here;
  if (list->next) return here + add(list->next, depth + 1);
  return here;
}

int main(void) {
  struct item items[4];
  int sum = 0;
  for (int i = 0; i < 4; i++) {
    items[i].key = i + 1;
    items[i].next = i < 3 ? &items[i + 1] : 0;
  }
  sum = add(items, 0);
  printf("sum %d\n", sum);
  sum = sum - 3;
  printf("then %d\n", sum);
  return sum & 7;
}
