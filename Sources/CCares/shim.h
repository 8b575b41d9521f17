// c-ares looks names up, as in curl and Node. Linked statically (Package.swift), so that running needs no package. 1.18
// (Debian 12) and 1.34 (Debian 13) both have what we use.

// ares_getsock is deprecated in 1.34, but 1.18 does not have its replacement.
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

// Macros in 1.18 and an enumeration in 1.34, which Swift would see as different types.
static const int ccares_success = ARES_SUCCESS;
static const int ccares_no_data = ARES_ENODATA;
static const int ccares_not_found = ARES_ENOTFOUND;
static const int ccares_bad_name = ARES_EBADNAME;
static const int ccares_timeout = ARES_ETIMEOUT;
static const int ccares_cancelled = ARES_ECANCELLED;
