# shellcheck shell=bash disable=SC2154  # vm.sh sets them
# Certificates, sandboxes and calls for the VM's proofs. Sourced.

# INSTANCE: its domain, credentials, and where its Tiki listens. The secrets must not turn up anywhere.
declare -A domain=([production]=auth.production.test [staging]=auth.staging.test)
declare -A client_key=([production]=KeyOfProduction [staging]=KeyOfStaging)
declare -A secret=([production]=SecretOfProduction-7f1c [staging]=SecretOfStaging-93ab)
declare -A tiki_port=([production]=9443 [staging]=9444)
declare -A sandbox_pid=()

# make_certificates: a certificate authority of our own; each site's certificate where certbot would put it (RSA and
# ECDSA, to see both), and Tiki's.
make_certificates() {
    local instance key
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=Deploy test CA" \
        -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
    for instance in production staging; do
        key=(rsa:2048)
        [[ $instance == production ]] || key=(ec -pkeyopt ec_paramgen_curve:P-256)
        certificate "${domain[$instance]}" "$tree/etc/letsencrypt/live/${domain[$instance]}" "${key[@]}"
    done
    certificate tiki.test "$work/tiki" rsa:2048
    install -m 644 "$work/ca.pem" "$tree/etc/ssl/tiki-ca.pem"
    # Its name has to be asked for, as in earnest.
    echo 'nameserver 127.0.0.53' >"$tree/etc/resolv.conf"
}

# certificate NAME FOLDER KEY…
certificate() {
    local name=$1 folder=$2
    shift 2
    mkdir -p "$folder"
    openssl req -newkey "$@" -nodes -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
        -keyout "$folder/privkey.pem" -out "$work/request.pem" 2>/dev/null
    openssl x509 -req -in "$work/request.pem" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 2 \
        -copy_extensions copy -out "$folder/fullchain.pem" 2>/dev/null
}

# A call takes 0.2 s, so that there always is something in flight.
start_sandboxes() {
    local instance
    start_in_net python3 -B Tests/Outside/dns_server.py 127.0.0.53 tiki.test "${domain[production]}" \
        >"$work/sandbox-dns.log" 2>&1
    sandbox_pid[dns]=$!
    for instance in production staging; do
        start_in_net env CLIENT_SECRET="${secret[$instance]}" "$products/tiki-sandbox" --port "${tiki_port[$instance]}" \
            --client-key "${client_key[$instance]}" --delay 200 --quiet \
            --certificate "$work/tiki/fullchain.pem" --private-key "$work/tiki/privkey.pem" \
            >"$work/sandbox-$instance.log" 2>&1
        sandbox_pid[$instance]=$!
    done
    for instance in "${!sandbox_pid[@]}"; do
        eventually 10 grep -q listening "$work/sandbox-$instance.log" || cat "$work/sandbox-$instance.log"
    done
}

stop_sandboxes() {
    local pid
    for pid in "${sandbox_pid[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}

# new_codes INSTANCE COUNT
new_codes() {
    in_net curl --noproxy '*' -fsS --max-time 10 --cacert "$work/ca.pem" --resolve "tiki.test:${tiki_port[$1]}:127.0.0.1" \
        -d "{\"count\":$2}" "https://tiki.test:${tiki_port[$1]}/sandbox/codes"
}

# one_code INSTANCE
one_code() { new_codes "$1" 1 | sed 's/.*\["\([^"]*\)"\].*/\1/'; }

# https INSTANCE PATH [CURL OPTION…]: through nginx; the caller judges the answer.
https() {
    local name=${domain[$1]} path=$2
    shift 2
    in_net curl --noproxy '*' -sS --max-time 20 --cacert "$work/ca.pem" --resolve "$name:443:127.0.0.1" \
        --resolve "$name:80:127.0.0.1" -H 'Content-Type: application/json' "$@" "https://$name$path" || true
}

is_ready() { [[ $(https "$1" /health/ready -o /dev/null -w '%{http_code}' 2>/dev/null) == 200 ]]; }

# member NAME JSON: the value of a string member.
member() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" <<<"$2"; }

# three_calls WHEN INSTANCE: an exchange, a refresh, and whose token it is.
three_calls() {
    local answer
    answer=$(https "$2" /auth_exchange -d "{\"code\":\"$(one_code "$2")\"}")
    has "$1: an exchange" '"access_token"' "$answer"
    answer=$(https "$2" /auth_refresh -d "{\"refresh_token\":\"$(member refresh_token "$answer")\"}")
    has "$1: a refresh" '"access_token"' "$answer"
    has "$1: whose token it is" '"customer_id"' \
        "$(https "$2" /auth_info -d "{\"access_token\":\"$(member access_token "$answer")\"}")"
}

# unit INSTANCE / property INSTANCE NAME
unit() { printf 'tiniapp-auth-backend@%s.service' "$1"; }
property() { in_tree systemctl show -P "$2" "$(unit "$1")"; }

# as_instance COMMAND…: what it says, and its exit code.
as_instance() {
    local code=0
    in_tree tiniapp-auth-backend-run "$@" 2>&1 || code=$?
    printf 'exit code %s' "$code"
}

# set_setting INSTANCE NAME VALUE: as an operator would edit the file.
set_setting() {
    local file=$tree/etc/tiniapp-auth-backend/$1.env
    sed -i "/^$2=/d" "$file"
    printf '%s=%s\n' "$2" "$3" >>"$file"
}

# load SECONDS [OPTION…]: 100 exchanges a second; prints what became of them.
load() {
    local seconds=$1
    shift
    new_codes production $((seconds * 100)) >"$work/codes.json"
    in_net env PYTHONPATH=Tests/Support python3 -B -m testbed.load --port 443 --tls "${domain[production]}" --ca "$work/ca.pem" \
        --codes "$work/codes.json" --rate 100 --seconds "$seconds" "$@" || true
}

# configure INSTANCE: credentials and settings, as an operator would write them; the sandbox in Tiki's place.
configure() {
    printf '%s\n' "${secret[$1]}" | (umask 077 && cat >"$tree/etc/tiniapp-auth-backend/$1.secret")
    set_setting "$1" CLIENT_KEY "${client_key[$1]}"
    set_setting "$1" UPSTREAM_CA_FILE /etc/ssl/tiki-ca.pem
    set_setting "$1" AUTH_ENDPOINT "https://tiki.test:${tiki_port[$1]}/tiniapp-open-api/oauth/auth/token"
}
