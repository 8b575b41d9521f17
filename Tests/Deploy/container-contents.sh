# shellcheck shell=bash disable=SC2154  # $scratch, $image and $tools are the sourcing scripts'
# What is in the image, and in the files that make it. Sourced.

check_contents() {
    local root files
    holds "hadolint finds nothing in the Dockerfile" "$tools/hadolint" Dockerfile
    root=$(podman image mount "$image")
    files=$(find "$root" -xdev -printf '%P\n')

    has "it runs as a user by number, and not root" "10001:0" "$(podman image inspect --format '{{.User}}' "$image")"
    has "it is labelled" "tiniapp-auth-backend" "$(podman image inspect --format '{{json .Labels}}' "$image")"
    equal "no file of ours can be changed by the user that runs it" "" \
        "$(find "$root"/usr/local "$root"/etc/tiniapp-auth-backend ! -type l \( -perm /022 -o ! -uid 0 \))"
    equal "no manual, apt list or log is left" "" "$(grep -E \
        '^(usr/share/(man|locale)/.|usr/share/doc/.*/(changelog|README)|var/lib/apt/lists/.*_|var/cache/apt/.*\.(bin|deb)$|var/log/.+\.log)' \
        <<<"$files" || true)"
    equal "no source, build or repository is in it" "" \
        "$(grep -E '\.(swift|swiftmodule|o|a|git|c)$|^build/' <<<"$files" || true)"
    equal "no sandbox is in it" "" "$(grep -E 'sandbox' <<<"$files" || true)"
    holds "the binary is stripped" stripped "$root/usr/local/bin/tiniapp-auth-backend"
    equal "the binary needs nothing of Swift" "" "$(needed "$root/usr/local/bin/tiniapp-auth-backend" | grep -i swift || true)"

    print_size "$root"
    podman image unmount "$image" >/dev/null
}

needed() { objdump -p "$1" | awk '$1 == "NEEDED" { print $2 }'; }
stripped() { [[ -z $(nm "$1" 2>/dev/null) ]]; }

# Bytes as the files have them, uncompressed, and whose they are.
print_size() {
    local base total binary stated
    base=$(podman image inspect --format '{{.Size}}' "$base_image")
    total=$(podman image inspect --format '{{.Size}}' "$image")
    binary=$(stat -c %s "$1/usr/local/bin/tiniapp-auth-backend")
    awk -v t="$total" -v b="$base" -v r="$binary" 'BEGIN {
        printf "size: %.1f MB = base %.1f + responder %.1f + nginx, libfcgi, certificates and what they need %.1f\n",
            t / 1e6, b / 1e6, r / 1e6, (t - b - r) / 1e6 }'
    holds "it is smaller than 160 MB, uncompressed" test "$total" -lt 160000000
    stated=$(sed -n 's/^The image has \([0-9]*\) MB, .*/\1/p' docs/deploy-cloud-run.md)
    holds "the page states its size, within 5 MB" awk -v t="$total" -v s="$stated" \
        'BEGIN { d = t / 1e6 - s; exit !(d < 5 && d > -5) }'
}
