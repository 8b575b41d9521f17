#pragma once

#include <openssl/evp.h>
#include <stddef.h>

enum { SIGNATURE_SIZE = 65 };

/// A context that has the key already: once a thread, so that a request costs the hash alone.
EVP_MAC_CTX *signature_context(const char *secret);

/// Writes the signature of `payload` (timestamp.key.body) in lowercase hex, with its ending NUL.
void sign(EVP_MAC_CTX *context, const unsigned char *payload, size_t length, char signature[SIGNATURE_SIZE]);
