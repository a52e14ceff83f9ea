# gcc and tcc compile and link, make builds with four jobs and then has nothing to do.
cat > m.c <<'X'
#include <stdio.h>
#include "f.h"
int main(void) { printf("%d\n", f(6)); return 0; }
X
echo 'int f(int);' > f.h
echo 'int f(int x) { return x * 7; }' > f.c
printf 'prog: m.o f.o\n\tgcc -o $@ $^\n%%.o: %%.c f.h\n\tgcc -O2 -c $<\n' > Makefile
make -s -j4 && ./prog
make -q; echo "up to date: $?"
touch f.h; make -q; echo "after a change: $?"
tcc -o other m.c f.c && ./other
