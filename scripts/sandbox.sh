# shellcheck shell=bash
# What `make run` and the container of compose.yaml share: whether the sandbox stands in for Tiki, and how to try it.
# Sourced.

# wants_sandbox: false as soon as anything of Tiki is set, since half a configuration must not end in the sandbox
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
    # The pair from Tiki's documentation, the sandbox's default.
    export CLIENT_KEY=RLCKb7Ae9kx4DXtXsCWjnDXtggFnM43W
    export CLIENT_SECRET=EhjGcsUUuRSJTHiYPbW5fxzyaKEx0JuAZIKRQ4HnIfNFidB2kMg6locQbTIEz3Vf
    export AUTH_ENDPOINT=$1/tiniapp-open-api/oauth/auth/token
}

# exchange_bytes PORT REQUEST: what a server on this machine answers to that line and `Connection: close`. By the shell,
# since the image has no HTTP client.
exchange_bytes() {
    local server
    exec {server}<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf '%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' "$2" >&"$server"
    cat <&"$server"
    exec {server}>&-
}

# new_code URL: an auth code of the sandbox.
new_code() {
    exchange_bytes "${1##*:}" 'POST /sandbox/codes' | sed -n 's/.*"code" *: *"\([^"]*\)".*/\1/p'
}

# say_how_to_try PORT [CODE]: the three calls. $answer keeps what came back, for the next to take the token from.
say_how_to_try() {
    local post="curl -s -w '\\n%{http_code}' -H 'Content-Type: application/json'" url=http://localhost:$1
    local code=${2:-PASTE-THE-CODE-OF-my.getAuthCode-HERE}
    cat <<TRY

Ready: $url

Exchange an auth code, refresh the tokens, ask whose they are; in another terminal, one after the other:

answer=\$($post -d '{"code":"$code"}' $url/auth_exchange); echo "\$answer"

answer=\$($post -d '{"refresh_token":"'"\$(echo "\$answer" | sed -n 's/.*"refresh_token" *: *"\([^"]*\)".*/\1/p')"'"}' $url/auth_refresh); echo "\$answer"

answer=\$($post -d '{"access_token":"'"\$(echo "\$answer" | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')"'"}' $url/auth_info); echo "\$answer"

TRY
}
