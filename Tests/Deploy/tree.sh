# shellcheck shell=bash
# A Debian tree with systemd booted in it, in its own network with loopback only. Sourced; needs root.

: "${work:?the folder for all that is made}"
tree=
nspawn=
leader=

# make_tree SUITE PACKAGE,…: a fresh Debian in $tree.
make_tree() {
    tree=$work/tree
    # The tree keeps no documentation, package lists or caches: that is a third of the time.
    if ! mmdebstrap --mode=root --variant=minbase --quiet --aptopt='Acquire::Languages "none"' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --include="$2" "$1" "$tree" </dev/null >"$work/mmdebstrap.log" 2>&1; then
        tail -n 20 "$work/mmdebstrap.log" >&2
        echo "mmdebstrap could not make a Debian tree; it says why above." >&2
        exit 1
    fi
}

# boot_tree [NSPAWN OPTION…]: ends when systemd has settled.
boot_tree() {
    # In its own session: Ctrl-C is for this script, which then ends it; or it ends with this script.
    setsid setpriv --pdeathsig TERM -- systemd-nspawn -D "$tree" --register=no --keep-unit --boot --machine="deploy-$$" --private-network \
        --console=pipe --link-journal=no --resolv-conf=off --timezone=off "$@" </dev/null >"$work/boot.log" 2>&1 &
    nspawn=$!
    eventually 10 has_leader || no_boot
    eventually 20 in_tree systemctl show-environment || no_boot
    in_tree timeout 30 systemctl is-system-running --wait >/dev/null || true
}

has_leader() { leader=$(pgrep -P "$nspawn" | head -n 1) && [[ $leader ]]; }

no_boot() {
    tail -n 20 "$work/boot.log" >&2
    echo "systemd-nspawn could not boot the tree; it says why above." >&2
    exit 1
}

# in_tree COMMAND…: as root of the tree.
in_tree() {
    nsenter -t "$leader" -m -u -i -p -n -r -w -- \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin SYSTEMD_PAGER= SYSTEMD_COLORS=0 "$@" </dev/null
}

# in_net COMMAND…: a program of this machine on the tree's network.
in_net() { nsenter -t "$leader" -n -- "$@"; }

# start_in_net COMMAND…: in the background; $! is the program itself.
start_in_net() { nsenter -t "$leader" -n -- setpriv --pdeathsig KILL -- "$@" </dev/null & }

# Ends whatever runs in the tree, and removes all of it.
remove_tree() {
    # Its first process takes all others with it; nothing in it is worth a shutdown in good order.
    if [[ $nspawn ]]; then
        kill -KILL "${leader:-$nspawn}" 2>/dev/null || true
        eventually 10 is_gone "$nspawn" || kill -KILL "$nspawn" 2>/dev/null || true
        wait "$nspawn" 2>/dev/null || true
    fi
    # nspawn leaves two control groups below our own, where no systemd looks after them. Only empty ones go.
    local ours group
    ours=$(sed -n 's/^0:://p' /proc/self/cgroup)
    for group in /sys/fs/cgroup{,/unified,/systemd}"${ours%/}"/{payload,supervisor}; do
        [[ ! -d $group ]] || find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    done
    [[ -z $tree ]] || rm -rf --one-file-system "$tree"
}

is_gone() { ! kill -0 "$1" 2>/dev/null; }
