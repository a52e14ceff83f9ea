// libuv: a pipe server with clients, a child process with pipes, threads of its pool, timers, a signal, a watched file.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>
#define CLIENTS 10
static uv_loop_t *loop;
static uv_pipe_t server;
static uv_signal_t sig;
static uv_timer_t timer;
static uv_fs_event_t watch;
static int connected, echoes, done, ticks, works, changes;
static char child_said[64];

static void closed(uv_handle_t *h) {}
static void room(uv_handle_t *h, size_t n, uv_buf_t *b) { *b = uv_buf_init(malloc(n), n); }
static void freed(uv_write_t *w, int status) {
  free(w->data);
  free(w);
}
static void served(uv_stream_t *s, ssize_t n, const uv_buf_t *b) {
  if (n > 0) {
    uv_write_t *w = malloc(sizeof *w);
    uv_buf_t out = uv_buf_init(b->base, n);
    w->data = b->base;
    uv_write(w, s, &out, 1, freed);
    return;
  }
  free(b->base);
  if (n < 0) uv_close((uv_handle_t *)s, (uv_close_cb)free);
}
static void on_connection(uv_stream_t *s, int status) {
  uv_pipe_t *p = malloc(sizeof *p);
  uv_pipe_init(loop, p, 0);
  uv_accept(s, (uv_stream_t *)p);
  connected++;
  uv_read_start((uv_stream_t *)p, room, served);
}
static void finish(void) {
  if (++done == CLIENTS) uv_kill(getpid(), SIGUSR2);
}
static void echoed(uv_stream_t *s, ssize_t n, const uv_buf_t *b) {
  if (n > 0) echoes += n;
  free(b->base);
  long *left = s->data;
  if (n > 0) *left -= n;
  if (*left == 0) {
    uv_close((uv_handle_t *)s, closed);
    finish();
  }
}
static char block[100000];
static void on_connect(uv_connect_t *c, int status) {
  uv_buf_t out = uv_buf_init(block, *(long *)c->handle->data);
  uv_write_t *w = malloc(sizeof *w);
  w->data = NULL;
  uv_write(w, c->handle, &out, 1, freed);
  uv_read_start(c->handle, room, echoed);
}
static void on_signal(uv_signal_t *s, int n) {
  uv_close((uv_handle_t *)&server, closed);
  uv_close((uv_handle_t *)s, closed);
}
static void on_tick(uv_timer_t *t) {
  if (++ticks == 5) uv_close((uv_handle_t *)t, closed);
}
static void work(uv_work_t *w) { usleep(100); }
static void worked(uv_work_t *w, int status) { works++; }
static void child_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b) {
  if (n > 0) strncat(child_said, b->base, n);
  free(b->base);
  if (n < 0) uv_close((uv_handle_t *)s, closed);
}
static void child_exit(uv_process_t *p, int64_t status, int signal) {
  printf("child ended with %d\n", (int)status);
  uv_close((uv_handle_t *)p, closed);
}
static void on_change(uv_fs_event_t *h, const char *name, int events, int status) {
  if (changes++ == 0) uv_close((uv_handle_t *)h, closed);
}
int main(void) {
  loop = uv_default_loop();
  unlink("uv.sock");
  uv_pipe_init(loop, &server, 0);
  printf("bind %d\n", uv_pipe_bind(&server, "uv.sock"));
  printf("listen %d\n", uv_listen((uv_stream_t *)&server, 64, on_connection));
  static uv_pipe_t client[CLIENTS];
  static uv_connect_t connect[CLIENTS];
  static long left[CLIENTS];
  for (int i = 0; i < CLIENTS; i++) {
    uv_pipe_init(loop, &client[i], 0);
    left[i] = i * 10000 + 1;
    client[i].data = &left[i];
    uv_pipe_connect(&connect[i], &client[i], "uv.sock", on_connect);
  }
  uv_signal_init(loop, &sig);
  uv_signal_start(&sig, on_signal, SIGUSR2);
  uv_timer_init(loop, &timer);
  uv_timer_start(&timer, on_tick, 1, 2);
  static uv_work_t w[8];
  for (int i = 0; i < 8; i++) uv_queue_work(loop, &w[i], work, worked);
  static uv_process_t child;
  static uv_pipe_t out;
  uv_pipe_init(loop, &out, 0);
  uv_stdio_container_t io[2] = {{UV_IGNORE}, {UV_CREATE_PIPE | UV_WRITABLE_PIPE, {(uv_stream_t *)&out}}};
  char *args[] = {"/bin/sh", "-c", "echo from the child; exit 3", NULL};
  uv_process_options_t o = {.file = args[0], .args = args, .exit_cb = child_exit, .stdio = io, .stdio_count = 2};
  printf("spawn %d\n", uv_spawn(loop, &child, &o));
  uv_read_start((uv_stream_t *)&out, room, child_read);
  int fd = open("uv.file", O_CREAT | O_RDWR, 0600);
  uv_fs_event_init(loop, &watch);
  uv_fs_event_start(&watch, on_change, "uv.file", 0);
  write(fd, "x", 1);
  uv_run(loop, UV_RUN_DEFAULT);
  printf("connected %d, done %d, bytes %d, ticks %d, works %d, changed %d, child said %s", connected, done, echoes, ticks, works, changes > 0, child_said);
  printf("close %d\n", uv_loop_close(loop));
  unlink("uv.sock");
  unlink("uv.file");
  return 0;
}
