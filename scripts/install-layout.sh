# shellcheck shell=bash disable=SC2034  # read by the scripts that source it
# Where `make install` puts what, and `make uninstall` looks for it. Paths are without DESTDIR.

fail() {
    printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2
    exit 1
}

prefix=${PREFIX:-/usr/local}
destdir=${DESTDIR:-}
destdir=${destdir%/}
instance=${INSTANCE:-}
domain=${DOMAIN:-}
[[ $prefix =~ ^(/[A-Za-z0-9._-]+)+$ ]] || fail "PREFIX must be an absolute path of plain characters, not '$prefix'."

share=$prefix/share/tiniapp-auth-backend
setup=$prefix/sbin/tiniapp-auth-backend-setup
runner=$prefix/sbin/tiniapp-auth-backend-run
etc=/etc/tiniapp-auth-backend
# Tini Console's files, NAME/auth.txt: the operator's, too.
validation=$etc/tiki-validation-code
sites=/etc/nginx/sites-available
http_conf=/etc/nginx/conf.d/tiniapp-auth-backend.conf
# Where systemd looks for units.
case $prefix in
    /usr | /usr/local) unit_dir=$prefix/lib/systemd/system ;;
    *) unit_dir=/etc/systemd/system ;;
esac

# Added to the unit of Debian's nginx.
nginx_unit=$unit_dir/nginx.service.d/tiniapp-auth-backend.conf

# Where each shell looks for completions, by default where PREFIX is /usr or /usr/local.
declare -A completions=(
    [bash]=$prefix/share/bash-completion/completions/tiniapp-auth-backend
    [zsh]=$prefix/share/zsh/site-functions/_tiniapp-auth-backend
    [fish]=$prefix/share/fish/vendor_completions.d/tiniapp-auth-backend.fish
)

units=(tiniapp-auth-backend@.socket tiniapp-auth-backend@.service)
# Replaced by each version.
shared_nginx=(http.conf cross-origin.conf routes.conf kept-connections.conf tls.conf vm-default.conf vm-site.conf.template)
# The operator's.
own_nginx=(limit-zones.conf limits.conf trusted-proxies.conf allowed-origins.conf metrics-allow.conf)
