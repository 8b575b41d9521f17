// What Swift's Glibc module leaves out: functions that glibc declares only under _GNU_SOURCE, variadic calls, unions,
// and macros that are expressions.

#include <fcntl.h>
#include <malloc.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>

// Declared only under _GNU_SOURCE, which Swift's importer does not set.
extern int accept4(int, struct sockaddr *, socklen_t *, int);
extern int pipe2(int *, int);
#ifndef F_SETPIPE_SZ
#define F_SETPIPE_SZ 1031
#endif

static inline int clinux_accept_nonblocking(int listener) {
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline int clinux_pipe_nonblocking(int *ends) {
    return pipe2(ends, O_NONBLOCK | O_CLOEXEC);
}

static inline int clinux_pipe_resize(int end, int capacity) {
    return fcntl(end, F_SETPIPE_SZ, capacity);
}

static inline int clinux_is_open(int fd) {
    return fcntl(fd, F_GETFD) != -1;
}

// Above the three standard descriptors.
static inline int clinux_duplicate(int fd) {
    return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static inline int clinux_forbid_dumping(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
