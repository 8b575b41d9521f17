// hiredis reads and writes Redis' protocol; NIO has the sockets. Linked statically (Package.swift), so that running
// needs no package. 0.14 (Debian 12) and 1.2 (Debian 13) both have what we use.

#include <hiredis/hiredis.h>
#include <stdlib.h>

#if HIREDIS_MAJOR >= 1
typedef size_t chiredis_count;
#else
typedef int chiredis_count;
#endif

// More than any reply that we expect has.
static const int chiredis_max_elements = 16;

// Like hiredis' own, but with a limit. 0.14 has no limit: it believes the server's element count, and allocates that
// many at once, up to 16 GiB.
static void *chiredis_create_array(const redisReadTask *task, chiredis_count elements) {
    if (elements > (chiredis_count)chiredis_max_elements) return NULL;
    redisReply *reply = (redisReply *)calloc(1, sizeof(*reply));
    if (reply == NULL) return NULL;
    reply->type = task->type;
    reply->elements = (size_t)elements;
    if (elements > 0) {
        reply->element = (redisReply **)calloc((size_t)elements, sizeof(*reply->element));
        if (reply->element == NULL) {
            free(reply);
            return NULL;
        }
    }
    if (task->parent != NULL) ((redisReply *)task->parent->obj)->element[task->idx] = reply;
    return reply;
}
