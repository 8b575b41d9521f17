# shellcheck shell=bash disable=SC2154  # vm.sh sets them
# `make install` into the tree, before it boots. Sourced by vm.sh.

# install_instance INSTANCE
install_instance() {
    make --no-print-directory install DESTDIR="$tree" INSTANCE="$1" DOMAIN="${domain[$1]}"
}

# fingerprint: name, mode and content of all that was installed.
fingerprint() {
    find "$tree"/usr/local "$tree"/etc/tiniapp-auth-backend "$tree"/etc/nginx -type f -printf '%P %m ' -exec sha256sum {} + |
        sort | sha256sum
}

holds "make install DESTDIR=… INSTANCE=production" install_instance production
holds "make install for a second instance" install_instance staging
before=$(fingerprint)
holds "make install again" install_instance production
equal "a second make install changes nothing" "$before" "$(fingerprint)"

echo "# the operator's" >>"$tree/etc/tiniapp-auth-backend/nginx/limits.conf"
set_setting production CLIENT_KEY "the operator's"
printf 'a secret' | install -m 600 /dev/stdin "$tree/etc/tiniapp-auth-backend/production.secret"
before=$(fingerprint)
output=$(install_instance production)
equal "make install leaves configuration and secret alone" "$before" "$(fingerprint)"
has "it says what it kept" "kept $tree/etc/tiniapp-auth-backend/nginx/limits.conf" "$output"
has "and in what it differs" "    -# the operator's" "$output"
lacks "but shows nothing of the settings" "CLIENT_KEY=" "$output"
has "it says what is left to do" "systemctl enable --now tiniapp-auth-backend@production.socket" "$output"

equal "the folder for Tini Console's files is there, for root to write and nginx's side to read" "755 0" \
    "$(stat -c '%a %u' "$tree/etc/tiniapp-auth-backend/tiki-validation-code")"

for completion in bash-completion/completions/tiniapp-auth-backend zsh/site-functions/_tiniapp-auth-backend \
    fish/vendor_completions.d/tiniapp-auth-backend.fish; do
    holds "completions: $completion" grep -q upstream "$tree/usr/local/share/$completion"
done

libraries=$(chroot "$tree" ldd /usr/local/bin/tiniapp-auth-backend)
lacks "the binary finds all its libraries in the tree" "not found" "$libraries"
lacks "none of them is Swift's" "swift" "$libraries"
