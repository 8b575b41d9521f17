# shellcheck shell=bash disable=SC2154  # vm.sh sets them
# `make uninstall` takes away what is ours and leaves what is the operator's. Sourced by vm.sh, last.

uninstall() { make --no-print-directory uninstall DESTDIR="$tree" 2>&1; }

has "make uninstall refuses while an instance is enabled" "still enabled" "$(uninstall || true)"
for instance in production staging; do
    in_tree systemctl disable --now "tiniapp-auth-backend@$instance.socket" "$(unit "$instance")" 2>/dev/null
done
rm -f "$tree"/etc/nginx/sites-enabled/tiniapp-auth-backend-*
equal "a stopped instance leaves no socket" "" "$(in_tree find /run/tiniapp-auth-backend -type s)"
holds "make uninstall" uninstall
equal "nothing but the operator's files is left" "/etc/nginx/sites-available /etc/tiniapp-auth-backend" \
    "$(in_tree find /etc /usr /opt /var/lib -path '*tiniapp-auth-backend*' -type f | sed 's|^\(/etc/[^/]*\)/\(sites-[^/]*\)\?.*|\1/\2|; s|/$||' | sort -u | xargs)"
equal "with the secrets among them" 2 "$(find "$tree/etc/tiniapp-auth-backend" -name '*.secret' | wc -l)"
holds "nginx goes on without it" in_tree nginx -t
