#pragma once

#include <curl/curl.h>
#include <openssl/evp.h>
#include <stddef.h>

enum { LARGEST_ANSWER = 65536 };

/// What one thread keeps from call to call: above all the curl handle, and with it the connection.
struct upstream {
    CURL *curl;
    EVP_MAC_CTX *signing;
    const char *client_key;
    char client_header[256];
    size_t answer_length;
    char answer[LARGEST_ANSWER];
};

/// `ca_file` may be NULL: the system's certificates.
void upstream_open(struct upstream *upstream, const char *client_key, const char *secret, const char *ca_file);

/// Signs the body and posts it. Returns the status, or 0 if there is no answer; the answer is in the struct.
long upstream_post(struct upstream *upstream, const char *url, const char *body, size_t length);
