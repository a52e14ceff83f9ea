// Model of epoll: a red-black tree of interest, wait-queue callbacks, a ready list; commands on stdin, see help.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"

enum { MIN_FD = 3, MAX_FD = 63, ROOM = 4096 };
enum mode { LEVEL, EDGE, ONESHOT };
static const char *mode_names[] = { "LT", "ET", "ONESHOT" };

// struct epitem: a node of the tree, and a link of the ready list at the same time.
struct item {
    int fd, red, on_ready, disabled;
    enum mode mode;
    struct item *left, *right, *up, *next;
};

static struct item *root, *first, *last;
static int buffered[MAX_FD + 1];   // the sockets: bytes that wait to be read

static struct item *find(int fd) {
    struct item *i = root;
    while (i && i->fd != fd) i = fd < i->fd ? i->left : i->right;
    return i;
}

static void replace(struct item *old, struct item *new) {
    if (!old->up) root = new;
    else if (old->up->left == old) old->up->left = new;
    else old->up->right = new;
    if (new) new->up = old->up;
}

static void rotate(struct item *i, int to_left) {
    struct item *child = to_left ? i->right : i->left;
    struct item *inner = to_left ? child->left : child->right;
    replace(i, child);
    *(to_left ? &child->left : &child->right) = i;
    *(to_left ? &i->right : &i->left) = inner;
    i->up = child;
    if (inner) inner->up = i;
}

static void insert(struct item *i) {
    struct item **at = &root;
    i->left = i->right = i->up = NULL;
    i->red = 1;
    while (*at) i->up = *at, at = i->fd < (*at)->fd ? &(*at)->left : &(*at)->right;
    *at = i;
    while (i->up && i->up->red) {
        struct item *p = i->up, *g = p->up;
        int left = p == g->left;
        struct item *uncle = left ? g->right : g->left;
        if (uncle && uncle->red) {
            p->red = uncle->red = 0, g->red = 1, i = g;
            continue;
        }
        if (i == (left ? p->right : p->left)) rotate(p, left), p = i;
        p->red = 0, g->red = 1;
        rotate(g, !left);
        break;
    }
    root->red = 0;
}

static void append(struct item *i) {
    if (i->on_ready) return;
    i->on_ready = 1, i->next = NULL;
    if (last) last->next = i; else first = i;
    last = i;
}

static void unlink_ready(struct item *i) {
    struct item *before = NULL, *at = first;
    while (at && at != i) before = at, at = at->next;
    if (!at) return;
    if (before) before->next = i->next; else first = i->next;
    if (last == i) last = before;
    i->on_ready = 0;
}

static void walk(struct item *i, int depth) {
    if (!i) return;
    walk(i->left, depth + 1);
    printf("  %*sfd %d %s, %s%s, %d bytes wait\n", depth * 4, "", i->fd, i->red ? "red" : "black", mode_names[i->mode],
           i->disabled ? " (disabled)" : "", buffered[i->fd]);
    walk(i->right, depth + 1);
}

static void show(void) {
    printf("  tree (left is above):%s\n", root ? "" : " empty");
    walk(root, 0);
    printf("  ready list:");
    for (struct item *i = first; i; i = i->next) printf(" fd %d", i->fd);
    printf(first ? "\n" : " empty\n");
}

// Taking a node out is done in the simple way: the others are put into a new tree.
static void reinsert(struct item *i, struct item *without) {
    if (!i) return;
    struct item *l = i->left, *r = i->right;
    reinsert(l, without);
    if (i != without) insert(i);
    reinsert(r, without);
}

static void delete(struct item *i) {
    struct item *old = root;
    unlink_ready(i);
    root = NULL;
    reinsert(old, i);
    free(i);
}

// What the wait queue of the file calls when data come: ep_poll_callback.
static void callback(struct item *i) {
    if (i->disabled)
        printf("  callback: fd %d is disabled, nothing happens\n", i->fd);
    else if (i->on_ready)
        printf("  callback: fd %d is on the ready list already\n", i->fd);
    else
        append(i), printf("  callback: fd %d joins the ready list (and stays in the tree)\n", i->fd);
}

// ep_send_events: looks only at the ready list, asks each file once.
static void wait_events(void) {
    struct item *i = first;
    int n = 0;
    first = last = NULL;
    for (struct item *next; i; i = next) {
        next = i->next;
        i->on_ready = 0;
        if (buffered[i->fd] == 0) {
            printf("  fd %d: nothing to read any more, dropped\n", i->fd);
            continue;
        }
        n++;
        if (i->mode == LEVEL) append(i);
        if (i->mode == ONESHOT) i->disabled = 1;
        printf("  fd %d EPOLLIN; %s\n", i->fd,
               i->mode == LEVEL ? "LT: back to the end of the ready list" : i->mode == EDGE ? "ET: off the list until new data come" : "ONESHOT: disabled until mod");
    }
    printf("  wait = %d\n", n);
}

static int mode_of(const char *name) {
    if (!*name) return LEVEL;
    for (int m = LEVEL; m <= ONESHOT; m++)
        if (!strcmp(name, mode_names[m])) return m;
    return -1;
}

static void help(void) {
    printf("add FD [LT|ET|ONESHOT] | mod FD [LT|ET|ONESHOT] | del FD     FD: %d to %d\n"
           "ready FD BYTES    data come for FD\n"
           "read FD BYTES     the program reads\n"
           "wait | show | help | quit\n", MIN_FD, MAX_FD);
}

static void command(char *line) {
    char word[16] = "", third[16] = "";
    int fd = 0, n = sscanf(line, "%15s %d %15s", word, &fd, third);
    if (n <= 0) return;
    if (!strcmp(word, "help")) return help();
    if (!strcmp(word, "show")) return show();
    if (!strcmp(word, "wait")) return wait_events();
    int add = !strcmp(word, "add"), mod = !strcmp(word, "mod"), ready = !strcmp(word, "ready"), reading = !strcmp(word, "read");
    if (!add && !mod && !ready && !reading && strcmp(word, "del")) {
        printf("? %s: not a command, try help\n", word);
        return;
    }
    if (n < 2 || fd < MIN_FD || fd > MAX_FD) {
        printf("? FD is a number from %d to %d\n", MIN_FD, MAX_FD);
        return;
    }
    struct item *i = find(fd);
    if (ready || reading) {
        int bytes = atoi(third);
        if (bytes <= 0) {
            printf("? %s FD BYTES\n", word);
        } else if (ready) {
            int fits = bytes < ROOM - buffered[fd] ? bytes : ROOM - buffered[fd];
            buffered[fd] += fits;
            printf("  %d bytes come for fd %d, %d wait\n", fits, fd, buffered[fd]);
            if (i && fits) callback(i);
            else if (!i) printf("  nobody asked for fd %d: no callback\n", fd);
        } else {
            int got = bytes < buffered[fd] ? bytes : buffered[fd];
            buffered[fd] -= got;
            if (got) printf("  read %d bytes, %d left\n", got, buffered[fd]);
            else printf("  read: EAGAIN\n");
        }
        return;
    }
    int mode = mode_of(third);
    if (mode < 0) {
        printf("? LT, ET or ONESHOT\n");
    } else if (add ? i != NULL : i == NULL) {
        printf("  %s\n", add ? "EEXIST: it is in the tree" : "ENOENT: it is not in the tree");
    } else if (add || mod) {
        if (add) {
            i = calloc(1, sizeof *i);
            i->fd = fd;
            insert(i);
        }
        i->mode = (enum mode)mode, i->disabled = 0;
        printf("  fd %d is %s\n", fd, add ? "in the tree" : "changed");
        if (buffered[fd]) callback(i);
    } else {
        delete(i);
        printf("  fd %d is out of the tree\n", fd);
    }
}

int main(void) {
    return commands("Model of epoll.");
}
