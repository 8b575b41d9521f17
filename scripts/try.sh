#!/usr/bin/env bash
# Makes one of the three calls to a running `make run`, and lays the answer out, below the curl that does the same.
#     try.sh exchange [CODE]     without a CODE: a fresh one of the stand-in for Tiki
#     try.sh refresh | info      with the token that the call before has brought
# In the container of compose.yaml: docker compose exec demo try …
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# Where `make run` and the container leave the addresses, and this script the tokens. Gone when they end. Never in a shared
# /tmp: the file is sourced, and there it could be somebody else's.
if [[ -e $here/sandbox.sh ]]; then
    run=$here/../.run
else
    here=/usr/local/share/tiniapp-auth-backend
    run=/tmp/try
fi
# shellcheck source=scripts/sandbox.sh
source "$here/sandbox.sh"

fail() {
    printf 'try: %s\n' "$*" >&2
    exit 1
}

[[ -s $run/try ]] || fail "nothing is running; start it in another terminal: make run"
url='' port='' sandbox=''
# shellcheck source=/dev/null
source "$run/try"

# token NAME: its value in the last answer that had one.
token() {
    local token
    token=$(sed -n "s/^$1=//p" "$run/tokens" 2>/dev/null | tail -n 1)
    [[ $token ]] || fail "there is no $1 yet; first: exchange"
    printf %s "$token"
}

case ${1-} in
    exchange)
        code=${2-}
        if [[ -z $code ]]; then
            [[ $sandbox ]] || fail "with Tiki's settings it takes the code of my.getAuthCode: exchange CODE"
            code=$(new_code "$sandbox")
        fi
        body="{\"code\":\"$code\"}"
        ;;
    refresh) body="{\"refresh_token\":\"$(token refresh_token)\"}" ;;
    info) body="{\"access_token\":\"$(token access_token)\"}" ;;
    *) fail "exchange [CODE], refresh or info" ;;
esac

printf "curl -H 'Content-Type: application/json' -d '%s' %s/auth_%s\n\n" "$body" "$url" "$1"
answer=$(exchange_bytes "$port" "POST /auth_$1" "$body") || fail "nobody listens on $url"
head=${answer%%$'\r\n\r\n'*}
content=${answer#*$'\r\n\r\n'}
printf '%s\n' "${head%%$'\r'*}"
if command -v jq >/dev/null; then
    jq . <<<"$content" || printf '%s\n' "$content"
else
    # A member a line, as far as that goes without a JSON parser.
    sed -E 's/([{,])("[a-z_]+":)/\1\n  \2/g' <<<"$content"
fi

umask 077
for name in access_token refresh_token; do
    value=$(sed -n "s/.*\"$name\" *: *\"\([^\"]*\)\".*/\1/p" <<<"$content")
    [[ -z $value ]] || printf '%s=%s\n' "$name" "$value" >>"$run/tokens"
done
