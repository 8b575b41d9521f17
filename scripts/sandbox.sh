# shellcheck shell=bash
# What `make run` and the container of compose.yaml share: whether the stand-in replaces Tiki, and how to try it.
# Sourced.

# wants_sandbox: false as soon as anything of Tiki is set, since half a configuration must not end in the stand-in
# unnoticed. An empty setting counts as not set.
wants_sandbox() {
    local name
    for name in CLIENT_KEY CLIENT_SECRET CLIENT_SECRET_FILE AUTH_ENDPOINT REFRESH_ENDPOINT INFO_ENDPOINT; do
        [[ -z ${!name-} ]] || return 1
    done
    unset CLIENT_KEY CLIENT_SECRET CLIENT_SECRET_FILE AUTH_ENDPOINT REFRESH_ENDPOINT INFO_ENDPOINT
}

# sandbox_url LOG: where the sandbox listens, by what it wrote there; nothing yet if it has not said so.
sandbox_url() { sed -n 's/.*listening on \(http:[^ ]*\).*/\1/p' "$1"; }

# use_sandbox URL: the settings for it.
use_sandbox() {
    # The pair from Tiki's documentation, the stand-in's default.
    export CLIENT_KEY=RLCKb7Ae9kx4DXtXsCWjnDXtggFnM43W
    export CLIENT_SECRET=EhjGcsUUuRSJTHiYPbW5fxzyaKEx0JuAZIKRQ4HnIfNFidB2kMg6locQbTIEz3Vf
    export AUTH_ENDPOINT=$1/tiniapp-open-api/oauth/auth/token
}

# exchange_bytes PORT REQUEST [BODY]: the answer of a server on this machine to that request line. By the shell, since the
# image has no HTTP client.
exchange_bytes() {
    local server body=${3-}
    exec {server}<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf '%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' \
        "$2" "${#body}" "$body" >&"$server"
    cat <&"$server"
    exec {server}>&-
}

# new_code URL: an auth code of the stand-in.
new_code() {
    exchange_bytes "${1##*:}" 'POST /sandbox/codes' | sed -n 's/.*"code" *: *"\([^"]*\)".*/\1/p'
}

# say_how_to_try FOLDER TRY URL PORT [SANDBOX]: the three calls by the command TRY, which finds in FOLDER what it needs.
say_how_to_try() {
    local code=
    printf '%s\n' "url=$3" "port=$4" "sandbox=${5-}" >"$1/try"
    [[ ${5-} ]] || code=" CODE"
    cat <<TRY

Ready: $3

Three calls; in another terminal, one after the other:

  $2 exchange$code
  $2 refresh
  $2 info

TRY
    [[ -z $code ]] || printf '%s\n' "CODE is what my.getAuthCode has brought in the app." ""
}
