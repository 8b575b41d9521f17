#!/usr/bin/env bash
# `make deb`: packs what `make install` installs into dist/tiniapp-auth-backend_VERSION_ARCH.deb, and has lintian check it.
#     VERSION= (Version.swift's if not given) PRODUCTS_DIRECTORY=.build/release DIST=dist deb.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
umask 022

dist=${DIST:-dist}
version=$(scripts/version.sh)
arch=$(dpkg --print-architecture)
maintainer=${DEB_MAINTAINER:-tiniapp-auth-backend maintainers <tiniapp-auth-backend@localhost.localdomain>}
# The same sources give the same package.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
doc=$root/usr/share/doc/tiniapp-auth-backend
mkdir -p "$root/DEBIAN" "$root/etc" "$doc" "$root/usr/share/man/man8" "$root/usr/share/lintian/overrides" "$dist"

PREFIX=/usr DESTDIR=$root INSTANCE='' DOMAIN='' scripts/install.sh >"$work/install.log"
program=$root/usr/bin/tiniapp-auth-backend
if [[ $("$program" --version) != "$version" && -z ${VERSION-} ]]; then
    echo "deb.sh: the executable is of version $("$program" --version), the sources of $version; build it again: make release" >&2
    exit 1
fi
mkdir -p "$root/usr/share/zsh/vendor-completions"
mv "$root/usr/share/zsh/site-functions/_tiniapp-auth-backend" "$root/usr/share/zsh/vendor-completions/"
rmdir "$root/usr/share/zsh/site-functions"
# It is read, not run.
sed -i '1{/^#!/d}' "$root/usr/share/bash-completion/completions/tiniapp-auth-backend"
# A link, unlike a file in /etc, leaves with the package: nginx would not start with one whose includes are gone.
mv "$root/etc/nginx/conf.d/tiniapp-auth-backend.conf" "$root/usr/share/tiniapp-auth-backend/nginx/vm-http.conf"
ln -s /usr/share/tiniapp-auth-backend/nginx/vm-http.conf "$root/etc/nginx/conf.d/tiniapp-auth-backend.conf"

# --- pages ------------------------------------------------------------------------------------------------

# manual PROGRAM NAME-LINE [OPTION…]: from its --help, which must not break its lines for a terminal.
manual() {
    COLUMNS=1000 help2man --no-info --section=8 --name="$2" --version-string="$version" --source="tiniapp-auth-backend $version" \
        --help-option=--help "${@:3}" "$1" | gzip -9n >"$root/usr/share/man/man8/$(basename "$1").8.gz"
}
manual "$program" "log users of a Tiki Mini App in" \
    --include=<(echo '[SETTINGS]' && "$program" settings | sed 's/^[A-Z_]*$/.TP\n.B &/; s/^    //')
manual "$root/usr/sbin/tiniapp-auth-backend-setup" "prepare an instance of tiniapp-auth-backend"
manual "$root/usr/sbin/tiniapp-auth-backend-run" "run a command of tiniapp-auth-backend as an instance"

cp README.md docs/*.md "$doc/"
gzip -9n "$doc"/*.md
cp CHANGELOG.md "$doc/NEWS.md" && gzip -9n "$doc/NEWS.md"
printf '%s\n' "tiniapp-auth-backend ($version) stable; urgency=medium" "" "  * NEWS.md.gz has the changes." "" \
    " -- $maintainer  $(date -uRd "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$doc/changelog.gz"
# Those linked into the program want their licences and notices to come along; Debian has Apache's text already.
{
    printf '%s\n' "tiniapp-auth-backend states no licence: the rights are its authors'." "" \
        "These are linked into the program, under the licences below."
    for notice in .build/checkouts/*/{LICENSE,NOTICE}*; do
        [[ -f $notice ]] || continue
        printf '\n%s\n\n' "--- ${notice#.build/checkouts/}"
        if [[ $notice == *LICENSE* ]] && grep -q 'Apache License' "$notice"; then
            echo "Apache License 2.0, see /usr/share/common-licenses/Apache-2.0"
            sed -n '/Runtime Library Exception/,$p' "$notice"
        else
            cat "$notice"
        fi
    done
    for library in libc-ares-dev libhiredis-dev libstdc++6; do
        printf '\n%s\n\n' "--- $library" && cat "/usr/share/doc/$library/copyright"
    done
} >"$doc/copyright"
cp packaging/debian/lintian-overrides "$root/usr/share/lintian/overrides/tiniapp-auth-backend"

# --- control ----------------------------------------------------------------------------------------------

# The packages of these are in control.in. Nothing else would notice one that is missing there.
libraries=$(objdump -p "$program" | awk '$1 == "NEEDED" && $2 !~ /^ld-linux/ { print $2 }' | sort | xargs)
if [[ $libraries != "libc.so.6 libfcgi.so.0 libgcc_s.so.1 libm.so.6" ]]; then
    echo "deb.sh: the executable loads $libraries: packaging/debian/control.in has to say so, and this script" >&2
    exit 1
fi
# At least 2.36: packed relocations (DT_RELR) need it, though no symbol version shows that.
glibc=$(objdump -T "$program" | { grep -o 'GLIBC_2\.[0-9]*' || true; } | sed 's/GLIBC_//' |
    { cat && echo 2.36; } | sort -V | tail -n 1)
sed "s|@VERSION@|$version|; s|@ARCH@|$arch|; s|@MAINTAINER@|$maintainer|; s|@GLIBC@|$glibc|
    s|@SIZE@|$(du -sk --exclude=DEBIAN "$root" | cut -f 1)|" packaging/debian/control.in >"$root/DEBIAN/control"
install -m 755 packaging/debian/{postinst,prerm,postrm} "$root/DEBIAN/"
(cd "$root" && find etc -type f -printf '/%p\n' | sort) >"$root/DEBIAN/conffiles"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"

package=$dist/tiniapp-auth-backend_${version}_$arch.deb
dpkg-deb --root-owner-group --build "$root" "$package" >/dev/null
lintian --allow-root --fail-on error,warning "$package"
echo "$package"
