#!/usr/bin/env bash
# Installs the Debian packages that are missing, and touches neither network nor system when none is.
#     install-packages.sh PACKAGE[:COMMAND]…      with COMMAND: anything that provides it counts as present
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

# Of those that `make run` needs, which somebody who only tries it may be asked to install.
purpose_of() {
    case $1 in
        libc-ares-dev) echo " (looks up the name of Tiki's server)" ;;
        libhiredis-dev) echo " (speaks Redis' protocol)" ;;
        libfcgi-dev) echo " (FastCGI library the backend is built on)" ;;
        pkg-config) echo " (tells the Swift build where libfcgi is)" ;;
        ca-certificates) echo " (to verify Tiki's TLS certificate)" ;;
        nginx-light) echo " (the web server in front of the backend)" ;;
        curl) echo " (HTTP client for the checks)" ;;
    esac
}

# What pkg-config calls a library. It knows a library that came another way than by dpkg, too.
module_of() {
    case $1 in
        libc-ares-dev) echo libcares ;;
        libfcgi-dev) echo fcgi ;;
        libhiredis-dev) echo hiredis ;;
    esac
}

is_present() {
    if [[ $1 == *:* ]] && command -v "${1#*:}" >/dev/null; then
        return 0
    fi
    local package=${1%%:*} module
    module=$(module_of "$package")
    if [[ $module ]] && command -v pkg-config >/dev/null; then
        pkg-config --exists "$module"
    elif [[ $package == ca-certificates ]] && ! command -v dpkg-query >/dev/null; then
        [[ -e /etc/ssl/certs/ca-certificates.crt || -e /etc/pki/tls/certs/ca-bundle.crt || -e /etc/ssl/cert.pem ]]
    else
        # shellcheck disable=SC2016  # dpkg-query's own placeholder
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]]
    fi
}

missing=()
for wanted in "$@"; do
    is_present "$wanted" || missing+=("${wanted%%:*}")
done
((${#missing[@]})) || exit 0

if ! command -v apt-get >/dev/null; then
    {
        echo "Missing here, under Debian's names:"
        for package in "${missing[@]}"; do
            echo "  $package$(purpose_of "$package")"
        done
        echo "This machine has no apt-get: install them with its own package manager, then try again."
        echo "With Docker, this works on every machine: docker compose up"
    } >&2
    exit 1
fi

as_root=()
if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
        echo "Debian packages are missing, and installing them takes root or sudo; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
    # Without a terminal nobody can type a password: fail instead of waiting.
    [[ -t 0 ]] || as_root+=(--non-interactive)
    if ! "${as_root[@]}" true; then
        echo "Debian packages are missing, and sudo did not let us install them; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
fi
as_root+=(env DEBIAN_FRONTEND=noninteractive)

echo "Installing Debian packages:"
for package in "${missing[@]}"; do
    echo "  $package$(purpose_of "$package")"
done

# Some packages start a server, now and at every boot. We run our own instances, and nobody asked for those. policy-rc.d
# is how Debian lets one say so, for every init system; ours denies these, is there only during this installation, and
# does nothing where the machine has its own policy.
declare -A service_of=([nginx-light]=nginx [redis-server]=redis-server [prometheus]=prometheus [lighttpd]=lighttpd
    [haproxy]=haproxy [apache2]="apache2 apache-htcacheclean" [caddy]=caddy)
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

quiet=()
for package in "${missing[@]}"; do
    read -ra services <<<"${service_of[$package]-}"
    quiet+=("${services[@]}")
done
if ((${#quiet[@]})) && [[ ! -e $policy ]]; then
    our_policy=1
    # Not quoted: a package may have several.
    # shellcheck disable=SC2068
    names=$(printf '|%s' ${service_of[@]})
    printf '%s\n' '#!/bin/sh' '# Temporary: see scripts/install-packages.sh' \
        "case \${1%.service} in ${names#|}) exit 101 ;; esac" |
        "${as_root[@]}" sh -c "umask 022; cat >$policy && chmod 755 $policy"
fi

# Errors go to standard error; the rest is chatter.
if ! { "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" apt-get install -qq --yes --no-install-recommends "${missing[@]}"; } </dev/null >/dev/null; then
    echo "apt-get could not install: ${missing[*]}; it says why above." >&2
    exit 1
fi

if ((${#quiet[@]})) && command -v systemctl >/dev/null; then
    for service in "${quiet[@]}"; do
        "${as_root[@]}" systemctl --quiet disable "$service.service" 2>/dev/null || true
        echo "The system's own $service service is left disabled (systemctl enable --now $service would start it)."
    done
fi
