#include <fcgiapp.h>
#include <fastcgi.h>

#include <stddef.h>

// FCGXRequest.swift writes into fields that fcgiapp.h calls private. A libfcgi with another layout must not compile.
_Static_assert(sizeof(FCGX_Request) == 6 * sizeof(void *) + 8 * sizeof(int), "not the FCGX_Request of libfcgi 2.4");
_Static_assert(offsetof(FCGX_Request, ipcFd) == 6 * sizeof(void *), "FCGX_Request.ipcFd has moved");
_Static_assert(offsetof(FCGX_Request, keepConnection) == offsetof(FCGX_Request, ipcFd) + 2 * sizeof(int),
               "FCGX_Request.keepConnection has moved");
