#!/usr/bin/env bash
# Installs the Debian packages that are missing, and touches neither network nor system when none is.
#     install-packages.sh PACKAGE[:COMMAND]…      with COMMAND: anything that provides it counts as present
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

purpose_of() {
    case $1 in
        libfcgi-dev) echo "FastCGI library the backend is built on" ;;
        pkg-config) echo "tells the Swift build where libfcgi is" ;;
        ca-certificates) echo "to verify Tiki's TLS certificate" ;;
        nginx-light) echo "the web server in front of the backend" ;;
        curl) echo "HTTP client for the checks" ;;
        shellcheck) echo "checks the shell scripts" ;;
        *) echo "needed by make" ;;
    esac
}

is_present() {
    local package=${1%%:*} provided=${1#*:}
    if [[ $provided != "$package" || $1 == *:* ]] && command -v "$provided" >/dev/null; then
        return 0
    fi
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]]
}

missing=()
for wanted in "$@"; do
    is_present "$wanted" || missing+=("${wanted%%:*}")
done
((${#missing[@]})) || exit 0

if ! command -v apt-get >/dev/null; then
    echo "Missing here: ${missing[*]} (names as in Debian 12). This machine has no apt-get: please install them, then try again." >&2
    exit 1
fi

as_root=()
if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
        echo "Debian packages are missing, and installing them takes root or sudo; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
    # Nobody is there to type a password: fail instead of waiting.
    [[ -t 0 ]] || as_root+=(--non-interactive)
fi
as_root+=(env DEBIAN_FRONTEND=noninteractive)

echo "Installing Debian packages:"
for package in "${missing[@]}"; do
    echo "  $package ($(purpose_of "$package"))"
done

# nginx's package starts a server on port 80, now and at every boot. We run our own instance and nobody asked for
# that one. policy-rc.d is how Debian lets one say so, for every init system; ours denies nginx alone, stands only
# during this installation, and stays away where the machine has a policy of its own.
policy=/usr/sbin/policy-rc.d
our_policy=
remove_policy() {
    if [[ $our_policy ]]; then
        "${as_root[@]}" rm -f "$policy"
    fi
}
trap remove_policy EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

quiet_nginx=
if [[ " ${missing[*]} " == *" nginx-light "* ]]; then
    quiet_nginx=1
    if [[ ! -e $policy ]]; then
        our_policy=1
        # shellcheck disable=SC2016  # $1 belongs to the policy
        printf '%s\n' '#!/bin/sh' '# Temporary: see scripts/install-packages.sh' \
            'case $1 in nginx|nginx.service) exit 101 ;; esac' |
            "${as_root[@]}" sh -c "umask 022; cat >$policy && chmod 755 $policy"
    fi
fi

"${as_root[@]}" apt-get update -qq </dev/null
"${as_root[@]}" apt-get install -qq --yes --no-install-recommends "${missing[@]}" </dev/null

if [[ $quiet_nginx ]] && command -v systemctl >/dev/null; then
    "${as_root[@]}" systemctl --quiet disable nginx.service 2>/dev/null || true
    echo "nginx's own system service is left disabled (systemctl enable --now nginx would start it)."
fi
