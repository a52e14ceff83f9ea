/** Twenty real programs with small inputs, each a script for dash. All of them print something. */
export const realPrograms: readonly (readonly [name: string, script: string, needs: string])[] = [
  ["busybox", "busybox sh -c 'seq 1 800 | sort -rn | md5sum; echo $((6 * 7)); ls /etc | wc -l'", "/bin/busybox"],
  ["bash", "bash-static -c 'for i in 1 2 3; do (sleep 0.0$i; echo $i) & done; wait; echo $BASH_VERSION $((x=7, x*6))'", "bash-static"],
  ["dash", "dash -c 'trap \"echo caught\" USR1; kill -USR1 $$; (exit 3); echo $?'", "dash"],
  ["python3", 'python3 -S -c \'print(sum(i * i for i in range(2000)), sorted({"b": 1, "a": 2}))\'', "python3"],
  ["perl", 'perl -e \'my %h; $h{$_ % 7}++ for 1 .. 2000; print join(",", map { "$_=$h{$_}" } sort keys %h), "\\n"\'', "perl"],
  ["lua", "lua -e 't = {} for i = 1, 3000 do t[#t + 1] = (i * 7919) % 1009 end table.sort(t) print(#t, t[1], t[#t])'", "lua"],
  [
    "sqlite3",
    "sqlite3 /w/a.db 'create table t(a,b); insert into t values(1,2),(3,4); begin; update t set b=b*a; commit; select sum(b) from t'",
    "sqlite3",
  ],
  ["threads", "/w/threads", "gcc"],
  [
    "redis",
    "redis-server --port 0 --unixsocket /w/s --save '' --io-threads 1 >/w/log 2>&1 & for i in 1 2 3 4 5 6 7 8 9; do [ -S /w/s ] && break; sleep 0.1; done; redis-cli -s /w/s set a 41; redis-cli -s /w/s incr a; redis-cli -s /w/s shutdown nosave; wait",
    "redis-server",
  ],
  [
    "git",
    "export HOME=/w GIT_AUTHOR_DATE=2024-01-01T00:00:00Z GIT_COMMITTER_DATE=2024-01-01T00:00:00Z; git init -q -b main r; cd r; git config user.email a@b; git config user.name a; seq 9 >f; git add f; git commit -q -m one; git log --format=%H",
    "git",
  ],
  ["tar", "mkdir d; seq 500 >d/a; seq 100 >d/b; tar -cf a.tar d; mkdir e; tar -C e -xf a.tar; cat e/d/* | md5sum", "tar"],
  ["gawk", "seq 1 1000 | gawk '{ s += $1; n[$1 % 10]++ } END { print s, length(n); printf \"%.3f\\n\", atan2(0, -1) }'", "gawk"],
  ["xz", "seq 1 300 | xz -1 >a.xz; xz -dc a.xz | md5sum", "xz"],
  ["gzip", "seq 1 1500 | gzip -6 >a.gz; gzip -dc a.gz | md5sum", "gzip"],
  ["make", "printf 'all: a b\\n\\tcat a b\\na:\\n\\techo a >a\\nb: a\\n\\techo b >b\\n' >Makefile; make -j2", "make"],
  ["tcc", "printf 'int printf(const char*,...); int main(void){ printf(\"%%d\\\\n\", 42); return 0; }' >a.c; tcc -o a a.c && ./a", "tcc"],
  ["gcc's cpp", "printf '#define A(x) x*x\\nA(3) A(A(4))\\n' >a.c; cpp -P a.c", "cpp"],
  ["diff", "seq 1 400 >a; seq 1 3 400 >b; diff a b | wc -l; diff -u a b | md5sum", "diff"],
  ["find", "find /usr/share/misc /etc/ssl -type f 2>/dev/null | sort | md5sum; find /w -name 'x*' -o -type d -print", "find"],
  ["grep and sed", "seq 1 3000 | grep -E '7.*7' | sed -n 's/\\(.\\)\\(.\\)/\\2\\1/;5,9p'", "grep"],
];

/** Threads with a mutex, a condition variable and a timed wait. */
export const threadsSource = `
#include <pthread.h>
#include <stdio.h>
#include <time.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int turn;
static long sum;
static void *work(void *arg) {
  int me = (int)(long)arg;
  for (int i = 0; i < 200; i++) {
    pthread_mutex_lock(&m);
    while (turn % 4 != me) pthread_cond_wait(&c, &m);
    sum = sum * 31 + me + i;
    turn++;
    pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
  }
  nanosleep(&(struct timespec){0, 1000000L * (me + 1)}, 0);
  return arg;
}
int main(void) {
  pthread_t t[4];
  for (long i = 0; i < 4; i++) pthread_create(&t[i], 0, work, (void *)i);
  for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
  printf("%d %ld\\n", turn, sum);
  return 0;
}
`;
