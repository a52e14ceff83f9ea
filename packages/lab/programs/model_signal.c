// Model of signal delivery: pending and blocked bitmaps, the check on the way to user mode; commands on stdin, see help.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"
#include "signal_names.h"

typedef unsigned long u64;
enum { SIGKILL_ = 9, SIGCHLD_ = 17, SIGCONT_ = 18, SIGSTOP_ = 19, FIRST_RT = 32 };
enum { DEFAULT, IGNORE, HANDLER };

// task_struct: the sets, and for each signal what is to be done; real-time signals are counted, for they queue.
static u64 pending, blocked;
static int queued[LAST + 1], action[LAST + 1], tif_sigpending;

static u64 bit(int sig) { return 1UL << (sig - 1); }

static void show(void) {
    print_numbers();
    print_set("pending", pending);
    print_set("blocked", blocked);
    printf("  TIF_SIGPENDING %s\n", tif_sigpending ? "set" : "clear");
}

static void recalc(void) { tif_sigpending = (pending & ~blocked) != 0; }

static int ignored(int sig) {
    if (action[sig] == IGNORE) return 1;
    return action[sig] == DEFAULT && (sig == SIGCHLD_ || sig == SIGCONT_ || sig == 23 || sig == 28);
}

// send_signal: sets the bit; the task acts later, by itself.
static void send(int sig) {
    if (ignored(sig) && !(blocked & bit(sig))) {
        printf("  signal %d is ignored: nothing becomes pending\n", sig);
        return;
    }
    if (pending & bit(sig) && sig < FIRST_RT) {
        printf("  signal %d is pending already: this one is lost\n", sig);
        return;
    }
    pending |= bit(sig);
    queued[sig]++;
    recalc();
    printf("  bit %d is set%s%s\n", sig, sig >= FIRST_RT && queued[sig] > 1 ? ", one more in the queue" : "",
           tif_sigpending ? "; TIF_SIGPENDING" : "; blocked, so it waits");
}

static int core(int sig) { return strchr("\3\4\5\6\7\10\13\30\31\37", sig) != NULL; }

// What runs before each return to user mode while TIF_SIGPENDING is set.
static void do_signal(void) {
    while (tif_sigpending) {
        int sig = 1;
        u64 ready = pending & ~blocked;
        // Faults of the program itself first, then from the lowest number up.
        while (!(ready & bit(sig))) sig++;
        if (ready & bit(11)) sig = 11;
        if (ready & bit(SIGKILL_)) sig = SIGKILL_;
        if (--queued[sig] <= 0) pending &= ~bit(sig), queued[sig] = 0;
        recalc();
        if (action[sig] == HANDLER) {
            u64 old = blocked;
            blocked |= bit(sig);
            printf("  do_signal: %d: frame on the user stack (registers, old mask), rip <- handler\n", sig);
            printf("  handler runs with %d blocked\n", sig);
            blocked = old;
            printf("  rt_sigreturn: registers and mask as they were\n");
            recalc();
        } else if (ignored(sig)) {
            printf("  do_signal: %d: ignored\n", sig);
        } else if (sig >= SIGSTOP_ && sig <= 22) {
            printf("  do_signal: %d: the process stops (the model goes on at once)\n", sig);
        } else {
            printf("  do_signal: %d: the process ends%s\n", sig, core(sig) ? " with a core dump" : "");
            exit(0);
        }
    }
}

static void command(char *line) {
    static const char *verbs[] = { "send", "block", "unblock", "handle", "ignore", "default" };
    char word[16] = "", name[16] = "";
    int v = 0;
    if (sscanf(line, "%15s %15s", word, name) <= 0) return;
    if (!strcmp(word, "help")) return help();
    if (!strcmp(word, "show")) return show();
    while (v < 6 && strcmp(word, verbs[v])) v++;
    int sig = number(name);
    if (v == 6) {
        printf("? %s: not a command, try help\n", word);
    } else if (!sig) {
        printf("? %s SIG\n", word);
    } else if (v == 0) {
        send(sig);
    } else if (sig == SIGKILL_ || sig == SIGSTOP_) {
        printf("  %s\n", v < 3 ? "silently left out: KILL and STOP cannot be blocked" : "EINVAL: KILL and STOP cannot be caught or ignored");
    } else if (v == 1) {
        blocked |= bit(sig);
    } else if (v == 2) {
        blocked &= ~bit(sig);
    } else {
        action[sig] = v == 3 ? HANDLER : v == 4 ? IGNORE : DEFAULT;
        if (ignored(sig)) pending &= ~bit(sig), queued[sig] = 0;
    }
    recalc();
    do_signal();
}

int main(void) {
    return commands("Model of signal delivery.");
}
