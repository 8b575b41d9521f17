/* Preloaded into the responder and nginx: TERM and INT are ignored in them, whatever they ask for. QUIT ends them, and
 * PID 1 alone sends it.
 *
 * A container runtime may send TERM to every process at once. nginx then drops the requests that it has ("fast
 * shutdown"; no setting changes that), and the responder stops accepting while nginx still has requests for it. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>

typedef int sigaction_function(int, const struct sigaction *, struct sigaction *);

static sigaction_function *libc_sigaction(void) { return (sigaction_function *)dlsym(RTLD_NEXT, "sigaction"); }

int sigaction(int number, const struct sigaction *action, struct sigaction *old) {
    return libc_sigaction()(number, number == SIGTERM || number == SIGINT ? NULL : action, old);
}

/* libc's own does not come by sigaction() above. */
sighandler_t signal(int number, sighandler_t handler) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
    return sigaction(number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

__attribute__((constructor)) static void ignore(void) {
    const struct sigaction action = {.sa_handler = SIG_IGN};
    libc_sigaction()(SIGTERM, &action, NULL);
    libc_sigaction()(SIGINT, &action, NULL);
}
