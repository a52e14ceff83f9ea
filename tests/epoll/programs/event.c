// libevent: clients and a server over a Unix socket in one loop, a timer, a signal, a persistent event.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#define CLIENTS 20
#define ROUNDS 10
static struct event_base *base;
static int accepted, closed, finished, ticks, signals;
static long bytes;

static void served(struct bufferevent *b, void *arg) {
  struct evbuffer *in = bufferevent_get_input(b);
  bytes += evbuffer_get_length(in);
  bufferevent_write_buffer(b, in);
}
static void server_event(struct bufferevent *b, short what, void *arg) {
  if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
    closed++;
    bufferevent_free(b);
    if (closed == CLIENTS) raise(SIGUSR1);
  }
}
static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *a, int n, void *arg) {
  struct bufferevent *b = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
  accepted++;
  bufferevent_setcb(b, served, NULL, server_event, NULL);
  bufferevent_enable(b, EV_READ | EV_WRITE);
}
struct client {
  int left, size;
};
static void push(struct bufferevent *b, struct client *c) {
  char *block = malloc(c->size);
  memset(block, 'x', c->size);
  bufferevent_write(b, block, c->size);
  free(block);
}
static void echoed(struct bufferevent *b, void *arg) {
  struct client *c = arg;
  struct evbuffer *in = bufferevent_get_input(b);
  if ((int)evbuffer_get_length(in) < c->size) return;
  evbuffer_drain(in, c->size);
  if (--c->left == 0) {
    finished++;
    bufferevent_free(b);
  } else push(b, c);
}
static void on_signal(evutil_socket_t s, short what, void *arg) {
  signals++;
  event_base_loopexit(base, NULL);
}
static void on_tick(evutil_socket_t s, short what, void *arg) {
  if (++ticks == 5) event_del(*(struct event **)arg);
}
int main(void) {
  base = event_base_new();
  printf("method %s, edge-triggered possible: %d\n", event_base_get_method(base), (event_base_get_features(base) & EV_FEATURE_ET) != 0);
  struct sockaddr_un a = {AF_UNIX, "event.sock"};
  unlink(a.sun_path);
  struct evconnlistener *l = evconnlistener_new_bind(base, on_accept, NULL, LEV_OPT_CLOSE_ON_FREE, -1, (void *)&a, sizeof a);
  struct event *s = evsignal_new(base, SIGUSR1, on_signal, NULL), *t;
  event_add(s, NULL);
  t = event_new(base, -1, EV_PERSIST, on_tick, &t);
  event_add(t, &(struct timeval){0, 1000});
  struct client c[CLIENTS];
  for (int i = 0; i < CLIENTS; i++) {
    c[i] = (struct client){ROUNDS, 1 + i * 5000};
    struct bufferevent *b = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(b, echoed, NULL, NULL, &c[i]);
    bufferevent_enable(b, EV_READ | EV_WRITE);
    bufferevent_socket_connect(b, (void *)&a, sizeof a);
    push(b, &c[i]);
  }
  event_base_dispatch(base);
  while (ticks < 5) event_base_loop(base, EVLOOP_ONCE);
  printf("accepted %d, finished %d, closed %d, bytes %ld, ticks %d, signals %d\n", accepted, finished, closed, bytes, ticks, signals);
  evconnlistener_free(l);
  unlink(a.sun_path);
  return 0;
}
