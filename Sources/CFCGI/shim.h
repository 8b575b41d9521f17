#include <fcgiapp.h>
#include <fastcgi.h>

#include <fcntl.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// FCGXRequest.swift writes into fields that fcgiapp.h calls private. A libfcgi with another layout must not compile.
_Static_assert(sizeof(FCGX_Request) == 6 * sizeof(void *) + 8 * sizeof(int), "not the FCGX_Request of libfcgi 2.4.2");
_Static_assert(offsetof(FCGX_Request, ipcFd) == 6 * sizeof(void *), "FCGX_Request.ipcFd has moved");
_Static_assert(offsetof(FCGX_Request, keepConnection) == offsetof(FCGX_Request, ipcFd) + 2 * sizeof(int),
               "FCGX_Request.keepConnection has moved");

// glibc shows these only under _GNU_SOURCE, which Swift's importer does not set.
extern int accept4(int, struct sockaddr *, socklen_t *, int);
extern int pipe2(int *, int);
#ifndef F_SETPIPE_SZ
#define F_SETPIPE_SZ 1031
#endif

// The rest are wrappers for what Swift cannot name: variadic calls, unions, macros that are expressions.

static inline int cfcgi_accept_nonblocking(int listener) {
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline int cfcgi_pipe_nonblocking(int *ends) {
    return pipe2(ends, O_NONBLOCK | O_CLOEXEC);
}

static inline int cfcgi_pipe_resize(int end, int capacity) {
    return fcntl(end, F_SETPIPE_SZ, capacity);
}

static inline int cfcgi_epoll_watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data = {.fd = fd}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static inline int cfcgi_epoll_unwatch(int epoll, int fd) {
    return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
}

static inline int cfcgi_epoll_event_fd(const struct epoll_event *event) {
    return event->data.fd;
}
