// The reference: the same job in C, by libfcgi and libcurl, as one would write it without further thought. THREADS
// threads, each of which accepts a request, calls Tiki on its own kept connection and answers. It checks nothing that
// this job would not need: no limits, no JSON, no log. With CONSTANT it gives that text as the answer and calls nobody:
// faster than that, nothing that is written with libfcgi can be.

#include <fcgiapp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "upstream.h"

enum { LARGEST_BODY = 16384, BACKLOG = 4096, STACK = 512 * 1024 };

static int listening;
static const char *constant;
static char exchange_url[512], refresh_url[512], info_url[512];

static const char *required(const char *name) {
    const char *value = getenv(name);
    if (value && *value) return value;
    fprintf(stderr, "%s is not set\n", name);
    exit(78);
}

/// The other two calls follow from the first, whose path ends in /auth/token.
static void derive_urls(const char *exchange) {
    const char *end = strstr(exchange, "/auth/token");
    if (!end || strlen(exchange) + sizeof "/refresh" > sizeof refresh_url) exit(78);
    snprintf(exchange_url, sizeof exchange_url, "%s", exchange);
    snprintf(refresh_url, sizeof refresh_url, "%s/refresh", exchange);
    snprintf(info_url, sizeof info_url, "%.*s/me", (int)(end - exchange), exchange);
}

static const char *url_of(const char *path) {
    if (!path) return NULL;
    if (!strcmp(path, "/auth_exchange")) return exchange_url;
    if (!strcmp(path, "/auth_refresh")) return refresh_url;
    return strcmp(path, "/auth_info") ? NULL : info_url;
}

static void answer(FCGX_Stream *out, long status, const char *body, size_t length) {
    FCGX_FPrintF(
        out,
        "Status: %d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
        "Cache-Control: no-store\r\nPragma: no-cache\r\n\r\n",
        (int)status, (int)length);
    FCGX_PutStr(body, (int)length, out);
}

static void answer_text(FCGX_Stream *out, long status, const char *body) { answer(out, status, body, strlen(body)); }

static void handle(FCGX_Request *request, struct upstream *upstream) {
    char body[LARGEST_BODY];
    int length = FCGX_GetStr(body, sizeof body, request->in);
    const char *path = FCGX_GetParam("DOCUMENT_URI", request->envp);
    const char *url = url_of(path);
    if (!url) {
        int is_probe = path && !strcmp(path, "/health/live");
        answer_text(request->out, is_probe ? 200 : 404, "{}");
    } else if (constant) {
        answer_text(request->out, 200, constant);
    } else if (length <= 0) {
        answer_text(request->out, 400, "{\"data\":null,\"error\":{\"code\":400,\"reason\":\"no_payload\"}}");
    } else {
        long status = upstream_post(upstream, url, body, (size_t)length);
        if (status) {
            answer(request->out, status, upstream->answer, upstream->answer_length);
        } else {
            answer_text(request->out, 502, "{\"data\":null,\"error\":{\"code\":502,\"reason\":\"upstream\"}}");
        }
    }
}

static void *serve(void *unused) {
    (void)unused;
    struct upstream *upstream = malloc(sizeof *upstream);
    FCGX_Request request;
    if (!upstream || FCGX_InitRequest(&request, listening, 0)) abort();
    upstream_open(upstream, required("CLIENT_KEY"), required("CLIENT_SECRET"), getenv("UPSTREAM_CA_FILE"));
    while (FCGX_Accept_r(&request) == 0) {
        handle(&request, upstream);
        FCGX_Finish_r(&request);
    }
    return NULL;
}

int main(void) {
    int threads = atoi(required("THREADS"));
    constant = getenv("CONSTANT");
    derive_urls(required("AUTH_ENDPOINT"));
    curl_global_init(CURL_GLOBAL_ALL);
    if (FCGX_Init()) return 1;
    listening = FCGX_OpenSocket(required("LISTEN_SOCKET"), BACKLOG);
    if (listening < 0) return 1;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    for (int i = 1; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, serve, NULL)) {
            fprintf(stderr, "only %d of %d threads could be started\n", i, threads);
            return 1;
        }
    }
    serve(NULL);
    return 0;
}
