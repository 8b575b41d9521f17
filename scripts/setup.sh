#!/usr/bin/env bash
# Prepares an instance: its settings, its site for the nginx that is there, and the list of steps that are left. `make
# install INSTANCE=… DOMAIN=…` and the Debian package's users run it. A file that is there already is the operator's.
set -euo pipefail

usage="Usage: tiniapp-auth-backend-setup INSTANCE DOMAIN

Makes the settings and nginx's site of an instance of tiniapp-auth-backend, and prints the steps that are left. Files that
are there already stay as they are; where this version has another text, the difference is shown.

  INSTANCE    a name, such as production
  DOMAIN      the host name that the app calls, such as auth.example.vn

  --help      print this help and exit
  --version   print the version and exit"

# `make install` writes its own prefix here.
prefix=/usr/local/
prefix=${prefix%/}
destdir=${DESTDIR:-}
destdir=${destdir%/}
templates=$destdir$prefix/share/tiniapp-auth-backend
etc=/etc/tiniapp-auth-backend
sites=/etc/nginx/sites-available

fail() {
    printf 'tiniapp-auth-backend-setup: %s\n' "$*" >&2
    exit 1
}

case ${1-} in
    -h | --help)
        printf '%s\n' "$usage"
        exit
        ;;
    --version)
        echo "tiniapp-auth-backend-setup $("$destdir$prefix/bin/tiniapp-auth-backend" --version)"
        exit
        ;;
esac
(($# == 2)) || fail "takes an instance and a domain; see --help."
instance=$1
domain=$2
[[ $instance =~ ^[a-z0-9][a-z0-9_-]{0,63}$ && $instance != default ]] ||
    fail "INSTANCE must be a name of a-z, 0-9, _ and -, such as production; not '$instance'."
[[ $domain =~ ^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$ ]] ||
    fail "DOMAIN must be the host name that the app calls, such as auth.example.vn; not '$domain'."
[[ -w $destdir/etc ]] || fail "cannot write to $destdir/etc: run it as root."

# nginx 1.25.1 and later, as on Debian 13, warn of `listen … http2`, and earlier ones do not know `http2 on`.
http2=()
for nginx in "$destdir/usr/sbin/nginx" "$(command -v nginx || true)"; do
    if [[ $("$nginx" -v 2>&1) =~ nginx/([0-9]+)\.([0-9]+)\.([0-9]+) ]]; then
        if ((BASH_REMATCH[1] * 1000000 + BASH_REMATCH[2] * 1000 + BASH_REMATCH[3] >= 1025001)); then
            http2=(-e '/listen \[::\].* http2/a\    http2 on;' -e 's/^\( *listen .*\) http2/\1/')
        fi
        break
    fi
done

rendered() { sed -e "s|@INSTANCE@|$instance|g; s|@DOMAIN@|$domain|g" "${http2[@]}" "$templates/$1"; }

# keep TEMPLATE TARGET
keep() {
    if [[ ! -e $destdir$2 ]]; then
        rendered "$1" | install -D -m 644 /dev/stdin "$destdir$2"
    elif ! rendered "$1" | cmp -s - "$destdir$2"; then
        echo "  kept $destdir$2; $1 of this version differs:"
        rendered "$1" | diff -U0 "$destdir$2" - | sed -n '/^[-+][^-+]/s/^/    /p' || true
    fi
}

keep nginx/vm-default.conf "$sites/tiniapp-auth-backend-default.conf"
keep nginx/vm-site.conf.template "$sites/tiniapp-auth-backend-$instance.conf"
# Settings always differ, and may hold a password: nothing of them is shown.
[[ -e $destdir$etc/$instance.env ]] || keep instance.env "$etc/$instance.env"

# --- what is left to do -----------------------------------------------------------------------------------

step=0
todo() {
    ((step++)) || echo "Left to do, as root:"
    printf '  %d. %s\n' "$step" "$1"
    shift
    (($# == 0)) || printf '       %s\n' "$@"
}

if [[ ! -e $destdir/usr/sbin/nginx || -z $(compgen -G "$destdir/usr/lib/*/libfcgi.so.0") ]]; then
    todo "the packages it needs" "apt-get install --no-install-recommends nginx-light libfcgi0ldbl ca-certificates procps certbot curl jq"
fi
if grep -q '^CLIENT_KEY=$' "$destdir$etc/$instance.env"; then
    todo "the client key and Tiki's endpoint" "editor $etc/$instance.env"
fi
if [[ ! -s $destdir$etc/$instance.secret ]]; then
    todo "the client secret: paste it, Enter, Ctrl-D" "(umask 077; cat >$etc/$instance.secret)"
fi
if [[ ! -e $destdir/etc/letsencrypt/live/$domain/fullchain.pem ]]; then
    todo "the certificate" \
        "rm -f /etc/nginx/sites-enabled/default" \
        "ln -sf $sites/tiniapp-auth-backend-default.conf /etc/nginx/sites-enabled/" \
        "systemctl enable nginx && systemctl restart nginx" \
        "certbot certonly --webroot -w /var/www/html -d $domain --deploy-hook 'systemctl reload-or-restart nginx'"
fi
if [[ ! -L $destdir/etc/systemd/system/sockets.target.wants/tiniapp-auth-backend@$instance.socket ]]; then
    todo "the service" "systemctl enable --now tiniapp-auth-backend@$instance.socket tiniapp-auth-backend@$instance.service"
fi
if [[ ! -L $destdir/etc/nginx/sites-enabled/tiniapp-auth-backend-$instance.conf ]]; then
    todo "the site" \
        "rm -f /etc/nginx/sites-enabled/default" \
        "ln -sf $sites/tiniapp-auth-backend-{default,$instance}.conf /etc/nginx/sites-enabled/" \
        "nginx -t && systemctl enable nginx && systemctl restart nginx"
fi
# What `make install` knows of.
[[ -z ${LAST_STEP-} ]] || todo "$LAST_STEP"
((step)) || echo "Nothing is left to do for $instance."
