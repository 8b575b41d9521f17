// The call to Tiki: sign, post, take the answer.

#include "upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "signature.h"

static size_t take(char *bytes, size_t size, size_t count, void *context) {
    struct upstream *upstream = context;
    size_t length = size * count;
    if (length > LARGEST_ANSWER - upstream->answer_length) return 0;
    memcpy(upstream->answer + upstream->answer_length, bytes, length);
    upstream->answer_length += length;
    return length;
}

void upstream_open(struct upstream *upstream, const char *client_key, const char *secret, const char *ca_file) {
    upstream->curl = curl_easy_init();
    upstream->signing = signature_context(secret);
    upstream->client_key = client_key;
    snprintf(upstream->client_header, sizeof upstream->client_header, "X-Tiniapp-Client-Id: %s", client_key);
    CURL *curl = upstream->curl;
    if (!curl) abort();
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 3000L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, upstream);
    if (ca_file) curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
}

long upstream_post(struct upstream *upstream, const char *url, const char *body, size_t length) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char timestamp[24];
    snprintf(timestamp, sizeof timestamp, "%lld", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);

    size_t room = sizeof timestamp + strlen(upstream->client_key) + length + 3;
    char payload[room];
    int head = snprintf(payload, room, "%s.%s.", timestamp, upstream->client_key);
    memcpy(payload + head, body, length);
    char signature[SIGNATURE_SIZE];
    sign(upstream->signing, (unsigned char *)payload, (size_t)head + length, signature);

    char timestamp_header[64], signature_header[128];
    snprintf(timestamp_header, sizeof timestamp_header, "X-Tiniapp-Timestamp: %s", timestamp);
    snprintf(signature_header, sizeof signature_header, "X-Tiniapp-Signature: %s", signature);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, upstream->client_header);
    headers = curl_slist_append(headers, timestamp_header);
    headers = curl_slist_append(headers, signature_header);

    CURL *curl = upstream->curl;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)length);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    upstream->answer_length = 0;
    long status = 0;
    if (curl_easy_perform(curl) == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    return status;
}
