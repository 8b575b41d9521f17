#!/usr/bin/env bash
# `make install`: puts the built backend, its units and nginx's configuration in place, and says what is left to do.
#     PREFIX=/usr/local DESTDIR= [INSTANCE=production DOMAIN=auth.example.vn] install.sh
# Program, units and what lies in PREFIX are replaced; a file in /etc that is there already is the operator's, and stays.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/install-layout.sh

# rendered FILE: with the real prefix.
rendered() { sed "s|/usr/local/|$prefix/|g" "$1"; }

# replace SOURCE TARGET [MODE]: ours.
replace() { rendered "$1" | install -D -m "${3:-644}" /dev/stdin "$destdir$2"; }

# keep SOURCE TARGET: the operator's, once it is there.
keep() {
    if [[ ! -e $destdir$2 ]]; then
        replace "$1" "$2"
    elif ! rendered "$1" | cmp -s - "$destdir$2"; then
        echo "  kept $destdir$2; $1 of this version differs:"
        rendered "$1" | diff -U0 "$destdir$2" - | sed -n '/^[-+][^-+]/s/^/    /p' || true
    fi
}

# An archive of `make dist` has the program beside the Makefile.
binary=./tiniapp-auth-backend
if [[ ${PRODUCTS_DIRECTORY-} || ! -x $binary ]]; then
    binary=${PRODUCTS_DIRECTORY:-.build/release}/tiniapp-auth-backend
fi
[[ -x $binary ]] || fail "there is no $binary; build it first: make release"
if [[ $(ldd "$binary" 2>/dev/null) == *libswift* ]]; then
    fail "$binary needs a Swift runtime, which the target need not have; build it again: make release"
fi
if [[ ! -w ${destdir:-/etc} && -e ${destdir:-/etc} ]]; then
    fail "cannot write to ${destdir:-/etc}: run it as root (sudo make install …)."
fi

echo "Installing into ${destdir:-/} with prefix $prefix"
strip=()
! command -v strip >/dev/null || strip=(--strip)
program=$destdir$prefix/bin/tiniapp-auth-backend
install -D -m 755 "${strip[@]}" "$binary" "$program.new"
# The way back, if the new one fails. By rename, so that there is a whole program at any time.
if [[ -e $program ]] && ! cmp -s "$program" "$program.new"; then
    cp -p "$program" "$program.previous"
fi
mv "$program.new" "$program"
for shell in "${!completions[@]}"; do
    # It runs where it is installed, not always where it is packed.
    if script=$("$binary" --generate-completion-script "$shell" 2>/dev/null); then
        install -D -m 644 /dev/stdin "$destdir${completions[$shell]}" <<<"$script"
    else
        echo "  no completions for $shell: $binary does not run here (is libfcgi0ldbl missing?)"
    fi
done
for file in "${shared_nginx[@]}"; do
    replace "nginx/$file" "$share/nginx/$file"
done
replace systemd/instance.env "$share/instance.env"
replace scripts/setup.sh "$setup" 755
replace scripts/run-as-instance.sh "$runner" 755
for unit in "${units[@]}"; do
    replace "systemd/$unit" "$unit_dir/$unit"
done
replace systemd/nginx-no-core-dumps.conf "$nginx_unit"
replace nginx/vm-http.conf "$http_conf"

for file in "${own_nginx[@]}"; do
    keep "nginx/$file" "$etc/nginx/$file"
done
install -d -m 755 "$destdir$validation"
if [[ -z $destdir && -d /run/systemd/system ]]; then
    systemctl daemon-reload
fi

# --- the instance, and what is left to do ------------------------------------------------------------------

restart=
if [[ -z $destdir && -d /run/systemd/system && -n $(systemctl list-units --plain --no-legend 'tiniapp-auth-backend@*.service') ]]; then
    restart="to run this version: systemctl restart 'tiniapp-auth-backend@*.service' && nginx -t && systemctl reload-or-restart nginx"
fi
if [[ $instance$domain ]]; then
    DESTDIR=$destdir LAST_STEP=$restart "$destdir$setup" "$instance" "$domain"
else
    echo "For each instance: make install INSTANCE=production DOMAIN=auth.example.vn"
    [[ -z $restart ]] || echo "And $restart"
fi
