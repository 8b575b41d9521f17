// Tiki's signature: HMAC-SHA256 over the base64url text, without padding, of timestamp.key.body.

#include "signature.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

EVP_MAC_CTX *signature_context(const char *secret) {
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0), OSSL_PARAM_END};
    if (!EVP_MAC_init(context, (const unsigned char *)secret, strlen(secret), params)) abort();
    EVP_MAC_free(hmac);
    return context;
}

void sign(EVP_MAC_CTX *context, const unsigned char *payload, size_t length, char signature[SIGNATURE_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char encoded[length / 3 * 4 + 8];
    unsigned char mac[32];
    size_t mac_length = 0;
    size_t encoded_length = (size_t)EVP_EncodeBlock(encoded, payload, (int)length);
    while (encoded_length > 0 && encoded[encoded_length - 1] == '=') encoded_length--;
    for (size_t i = 0; i < encoded_length; i++) {
        if (encoded[i] == '+') encoded[i] = '-';
        if (encoded[i] == '/') encoded[i] = '_';
    }
    // No key: the one that the context has.
    if (!EVP_MAC_init(context, NULL, 0, NULL) || !EVP_MAC_update(context, encoded, encoded_length) ||
        !EVP_MAC_final(context, mac, &mac_length, sizeof mac)) {
        abort();
    }
    for (size_t i = 0; i < sizeof mac; i++) {
        signature[2 * i] = digits[mac[i] >> 4];
        signature[2 * i + 1] = digits[mac[i] & 15];
    }
    signature[2 * sizeof mac] = 0;
}
