# shellcheck shell=bash disable=SC2154  # vm.sh sets them
# Tini Console's files, and web pages of other origins. Sourced by vm.sh.


# --- Tini Console's files ---------------------------------------------------------------------------------

validation=$tree/etc/tiniapp-auth-backend/tiki-validation-code
for id in J9jcjJnnkji7AoVK second-One; do
    mkdir "$validation/$id"
    echo "text of $id" >"$validation/$id/auth.txt"
done
for id in J9jcjJnnkji7AoVK second-One; do
    equal "the file $id is there, without a restart" "200 text/plain; charset=utf-8 text of $id" \
        "$(https production "/tiki-validation-code/$id/auth.txt" -w '%{http_code} %{content_type}' -o "$work/file") $(<"$work/file")"
done
equal "every site has them" 200 "$(https staging /tiki-validation-code/second-One/auth.txt -o /dev/null -w '%{http_code}')"

mkdir "$validation"/{large,pipe,folder}
ln -s /etc "$validation/link"
ln -s ../../production.secret "$validation/folder/auth.txt"
mkfifo "$validation/pipe/auth.txt"
head -c 4097 /dev/zero >"$validation/large/auth.txt"
hostile=(
    "" / /J9jcjJnnkji7AoVK /J9jcjJnnkji7AoVK/ /J9jcjJnnkji7AoVK/auth.txt/ /J9jcjJnnkji7AoVK/AUTH.TXT /auth.txt
    /J9jcjJnnkji7AoVK/other.txt /nobody/auth.txt /link/passwd /link/auth.txt /folder/auth.txt /pipe/auth.txt /large/auth.txt
    /%2e%2e/production.env /..%2fproduction.secret /J9jcjJnnkji7AoVK/..%2f..%2fproduction.secret /./auth.txt //auth.txt
)
answers=$(for path in "${hostile[@]}"; do
    https production "/tiki-validation-code$path" --path-as-is -w ' %{http_code}\n'
done)
equal "nothing else is there: ${#hostile[@]} hostile paths are 404" "${#hostile[@]}" "$(grep -c '"reason":"not_found".* 404$' <<<"$answers")"
lacks "and no secret" "${secret[production]}" "$answers"

# --- web pages --------------------------------------------------------------------------------------------

# Apart from the addresses that the limits have seen.
preflight() {
    https production /auth_exchange --interface 127.0.0.4 -X OPTIONS -i -H "Origin: $1" -H 'Access-Control-Request-Method: POST'
}
page() { https production "$2" --interface 127.0.0.4 -i -H "Origin: $1" "${@:3}"; }

has "without a list no page may call" "HTTP/2 405" "$(preflight https://tiki.vn)"
sed -i 's|default "";|default "https://tiki.vn http://localhost:3000";|' "$tree/etc/tiniapp-auth-backend/nginx/allowed-origins.conf"
holds "the list is edited, and nginx reloaded" in_tree sh -c 'nginx -t && systemctl reload nginx'
may_call() { [[ $(preflight "$1") == 'HTTP/2 204'* ]]; }
eventually 10 may_call https://tiki.vn || true
for origin in https://tiki.vn http://localhost:3000; do
    answer=$(preflight "$origin")
    has "a page of $origin may call" "HTTP/2 204" "$answer"
    has "it is named in the answer" "access-control-allow-origin: $origin" "$answer"
done
for origin in https://evil.example null HTTPS://TIKI.VN https://tiki.vn.evil.example; do
    answer=$(preflight "$origin")
    has "a page of $origin may not" "HTTP/2 405" "$answer"
    lacks "and is told nothing" "access-control-" "$answer"
done
answer=$(page https://tiki.vn /auth_exchange -d '{}')
has "the answer to a call can be read" "access-control-allow-origin: https://tiki.vn" "$answer"
has "with the request's id" "access-control-expose-headers: X-Request-Id, Retry-After, Age" "$answer"
has "nginx's 404 too" "access-control-allow-origin: https://tiki.vn" "$(page https://tiki.vn /nowhere)"
has "and its 413" "access-control-allow-origin: https://tiki.vn" "$(page https://tiki.vn /auth_exchange -d "$(head -c 17000 /dev/zero | tr '\0' a)")"
has "and its 429" "access-control-allow-origin: https://tiki.vn" \
    "$(page https://tiki.vn '/auth_info?[1-60]' -d '{}' | grep -A 12 'HTTP/2 429' | head -n 13)"
