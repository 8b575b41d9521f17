-- The job without a second process: signs a request in nginx's worker, by libcrypto. It checks nothing and logs nothing.

local ffi = require "ffi"
local base64url = require("ngx.base64").encode_base64url

ffi.cdef [[
typedef struct { const char *key; unsigned int type; void *data; size_t size, result; } OSSL_PARAM;
void *EVP_MAC_fetch(void *library, const char *algorithm, const char *properties);
void *EVP_MAC_CTX_new(void *mac);
int EVP_MAC_init(void *context, const char *key, size_t size, const OSSL_PARAM *params);
int EVP_MAC_update(void *context, const char *data, size_t size);
int EVP_MAC_final(void *context, unsigned char *out, size_t *size, size_t room);
OSSL_PARAM OSSL_PARAM_construct_utf8_string(const char *key, char *text, size_t size);
OSSL_PARAM OSSL_PARAM_construct_end(void);
unsigned char *ngx_hex_dump(unsigned char *to, const unsigned char *from, size_t size);
]]

local crypto = ffi.load "libcrypto.so.3"
local context = crypto.EVP_MAC_CTX_new(crypto.EVP_MAC_fetch(nil, "HMAC", nil))
local mac, size = ffi.new "unsigned char[32]", ffi.new "size_t[1]"
local hex = ffi.new "unsigned char[64]"

local M = {}

-- Sets the key once for each worker; later uses of the context keep it.
function M.init(key, secret)
    local digest = ffi.new("char[7]", "SHA256")
    local params = ffi.new("OSSL_PARAM[2]", crypto.OSSL_PARAM_construct_utf8_string("digest", digest, 0),
        crypto.OSSL_PARAM_construct_end())
    assert(crypto.EVP_MAC_init(context, secret, #secret, params) == 1)
    M.key = key
end

function M.sign()
    ngx.req.read_body()
    local timestamp = string.format("%.0f", ngx.now() * 1000)
    local text = base64url(timestamp .. "." .. M.key .. "." .. (ngx.req.get_body_data() or ""))
    assert(crypto.EVP_MAC_init(context, nil, 0, nil) == 1)
    assert(crypto.EVP_MAC_update(context, text, #text) == 1)
    assert(crypto.EVP_MAC_final(context, mac, size, 32) == 1)
    ffi.C.ngx_hex_dump(hex, mac, 32)
    ngx.var.timestamp, ngx.var.signature = timestamp, ffi.string(hex, 64)
end

return M
