# shellcheck shell=bash disable=SC2154  # vm.sh sets them
# nginx's sites: configuration, TLS, names, limits, logs. Sourced by vm.sh.

name=${domain[production]}

# --- gixy and sslscan -------------------------------------------------------------------------------------

# In a frame of our own: Debian's nginx.conf has faults that our sites override, TLS 1.0 for one.
printf '%s\n' 'events {}' 'http {' 'include /etc/nginx/conf.d/*.conf;' 'include /etc/nginx/sites-enabled/*;' '}' \
    >"$tree/var/tmp/frame.conf"
in_tree nginx -T -c /var/tmp/frame.conf 2>/dev/null >"$work/nginx.dump"
scripts/render-nginx.sh 8080 "$work/none.sock" >"$work/local.conf"
holds "gixy finds nothing in the VM's configuration" "$gixy" "$work/nginx.dump"
holds "gixy finds nothing in the local site" "$gixy" "$work/local.conf"

for instance in production staging; do
    in_net sslscan --no-colour --sni-name="${domain[$instance]}" --xml="$work/tls.xml" 127.0.0.1:443 >/dev/null
    equal "$instance: TLS 1.2 and 1.3, nothing older" "tls 1.2 tls 1.3" \
        "$(sed -n 's/.*<protocol type="\([a-z]*\)" version="\([0-9.]*\)" enabled="1".*/\1 \2/p' "$work/tls.xml" | xargs)"
    ciphers=$(sed -n 's/.*<cipher .*cipher="\([^"]*\)".*strength="\([^"]*\)".*/\1 \2/p' "$work/tls.xml")
    equal "$instance: no weak cipher, each with forward secrecy and authenticated encryption ($(wc -l <<<"$ciphers") ciphers)" \
        "" "$(grep -vE '^(TLS_(AES|CHACHA20)_.*|ECDHE-.*-(GCM-SHA(256|384)|CHACHA20-POLY1305)) (strong|acceptable)$' <<<"$ciphers")"
done
tickets=$(in_net openssl s_client -connect 127.0.0.1:443 -servername "$name" -tls1_2 -CAfile "$work/ca.pem" </dev/null 2>&1)
has "the handshake that shows tickets works" "Verify return code: 0 (ok)" "$tickets"
lacks "no session tickets" "TLS session ticket:" "$tickets"

# --- names, redirects, headers ----------------------------------------------------------------------------

head=$(https production /health/live -i --http2)
has "HTTP/2" "HTTP/2 200" "$head"
has "HSTS" "strict-transport-security: max-age=63072000" "$head"
has "no version in Server" $'server: nginx\r' "$head"
has "HSTS on nginx's own errors too" "strict-transport-security: max-age=63072000" "$(https production /nowhere -i)"

code() { in_net curl --noproxy '*' -s -m 10 -o /dev/null -w '%{http_code} %{redirect_url}' --cacert "$work/ca.pem" --resolve "$name:80:127.0.0.1" "$@" || true; }
equal "http is redirected to https" "308 https://$name/health/live" "$(code "http://$name/health/live")"
equal "a code over http is refused, not redirected" "403 " "$(code -d '{"code":"x"}' "http://$name/auth_exchange")"
mkdir -p "$tree/var/www/html/.well-known/acme-challenge"
echo proof >"$tree/var/www/html/.well-known/acme-challenge/token"
equal "ACME's challenge is served over http" "200 " "$(code "http://$name/.well-known/acme-challenge/token")"
equal "for a name without a site too" "200 " "$(code http://127.0.0.1/.well-known/acme-challenge/token)"
equal "an unknown name is not served over http" "000 " "$(code http://127.0.0.1/health/live)"
equal "an unknown name gets no handshake" "000 " "$(code -k https://127.0.0.1/health/live)"
equal "a Host other than the handshake's gets 421" "421 " \
    "$(code --resolve "$name:443:127.0.0.1" -H 'Host: other.test' "https://$name/health/live")"

# --- metrics ----------------------------------------------------------------------------------------------

has "the VM itself may read the metrics" "tiniapp_auth_requests_total" "$(https production /metrics)"
has "another address may not" '"code":403' "$(https production /metrics --interface 127.0.0.2)"

# --- limits -----------------------------------------------------------------------------------------------

# flood PATH CURL-OPTION…: 300 requests at once from 127.0.0.2, and how often each status came.
flood() {
    local path=$1
    shift
    https production "$path?[1-300]" --interface 127.0.0.2 -Z --parallel-max 30 -d '{}' -o /dev/null -w '%{http_code}\n' \
        "$@" 2>/dev/null | sort | uniq -c | xargs
}
has "a flood from one address is refused" " 429" "$(flood /auth_exchange)"
equal "the other paths have limits of their own" "400 400 200" \
    "$(for path in /auth_refresh /auth_info /; do
        [[ $path == / ]] && data=(-G)
        https production "$path" --interface 127.0.0.2 -d '{}' "${data[@]}" -o /dev/null -w '%{http_code} '
    done | xargs)"

# last_client: the client of the request that nginx logged last.
last_client() {
    tail -n 1 "$tree/var/log/nginx/tiniapp-auth-backend-production.access.log" | sed 's/.*"remote_addr":"\([^"]*\)".*/\1/'
}
forwarded=(--interface 127.0.0.2 -H 'X-Forwarded-For: 203.0.113.9, 198.51.100.7')
https production /health/live "${forwarded[@]}" >/dev/null
equal "X-Forwarded-For of anybody is not believed" 127.0.0.2 "$(last_client)"
sed -i 's/^#set_real_ip_from .*/set_real_ip_from 127.0.0.2;/' "$tree/etc/tiniapp-auth-backend/nginx/trusted-proxies.conf"
in_tree systemctl reload nginx
sleep 0.5
https production /health/live "${forwarded[@]}" >/dev/null
equal "a trusted proxy's is: its last address that is no proxy" 198.51.100.7 "$(last_client)"
flood /auth_exchange "${forwarded[@]}" >/dev/null
equal "and the limits go by it" 400 "$(https production /auth_exchange --interface 127.0.0.2 \
    -H 'X-Forwarded-For: 198.51.100.8' -d '{}' -o /dev/null -w '%{http_code}')"

# --- Tini Console's files, and web pages of other origins ---------------------------------------------------

validation=$tree/etc/tiniapp-auth-backend/tiki-validation-code
mkdir "$validation/second-One"
echo "its text" >"$validation/second-One/auth.txt"
for instance in production staging; do
    equal "$instance has Tini Console's file, without a restart" "its text" \
        "$(https "$instance" /tiki-validation-code/second-One/auth.txt)"
done

# Apart from the addresses that the limits have seen.
preflight() {
    https production /auth_exchange --interface 127.0.0.4 -X OPTIONS -i -H "Origin: $1" -H 'Access-Control-Request-Method: POST'
}
has "without a list no page may call" "HTTP/2 405" "$(preflight https://tiki.vn)"
sed -i 's|default "";|default "https://tiki.vn http://localhost:3000";|' "$tree/etc/tiniapp-auth-backend/nginx/allowed-origins.conf"
holds "the list is edited, and nginx reloaded" in_tree sh -c 'nginx -t && systemctl reload nginx'
may_call() { [[ $(preflight "$1") == 'HTTP/2 204'* ]]; }
holds "then a page on it may call" eventually 10 may_call https://tiki.vn
has "a page that is not may not" "HTTP/2 405" "$(preflight https://evil.example)"

# --- logs --------------------------------------------------------------------------------------------------

https production '/auth_exchange?query=canary' -d '{"code":"canary"}' >/dev/null
# nginx would have errors to tell of.
in_tree systemctl stop tiniapp-auth-backend@staging.socket "$(unit staging)"
has "without a socket" '"reason":"backend_unavailable"' \
    "$(https staging '/auth_exchange?query=canary' -H 'Referer: https://canary.test/' -d '{}')"
holds "(it comes back)" in_tree systemctl start tiniapp-auth-backend@staging.socket "$(unit staging)"
has "the access log says why" '"upstream_failure":"no_connection"' \
    "$(tail -n 1 "$tree/var/log/nginx/tiniapp-auth-backend-staging.access.log")"
holds "every line of the access logs is JSON" python3 -c 'import json, sys; [json.loads(line) for file in sys.argv[1:] for line in open(file)]' \
    "$tree"/var/log/nginx/tiniapp-auth-backend-{production,staging}.access.log
lacks "no query string, Referer or body in nginx's logs" canary "$(cat "$tree"/var/log/nginx/*)"
