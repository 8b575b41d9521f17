# shellcheck shell=bash disable=SC2154  # $scratch is the sourcing script's
# Builds the image by the Dockerfile where no registry can be reached: on bases that are made here, of Debian's packages
# and this machine's Swift toolchain. Sourced; needs $scratch, an empty folder.

# What Debian's own slim image leaves out; in dpkg's configuration there too, so for the packages that come later.
slim=(
    --dpkgopt=path-exclude=/usr/share/man/*
    --dpkgopt=path-exclude=/usr/share/info/*
    --dpkgopt=path-exclude=/usr/share/locale/*
    --dpkgopt=path-exclude=/usr/share/lintian/*
    --dpkgopt=path-exclude=/usr/share/doc/*
    --dpkgopt=path-include=/usr/share/doc/*/copyright
)
# What swift:6.3-bookworm has beside the toolchain, as far as the build needs it.
swift_packages=(binutils ca-certificates gcc git libc6-dev libcurl4 libedit2 libncurses6 libpython3.11 libsqlite3-0
    libstdc++-12-dev libxml2 zlib1g-dev)

base_image=docker.io/library/debian:bookworm-slim
swift_image=localhost/swift:stand-in

# Storage, limits and runtime of our own: nothing of the machine's is touched.
configure_engine() {
    mkdir -p "$scratch/tmp"
    export TMPDIR=$scratch/tmp CONTAINERS_CONF=$scratch/containers.conf CONTAINERS_STORAGE_CONF=$scratch/storage.conf
    # Without these limits the runtime stops at setrlimit where a machine has lower ones.
    cat >"$CONTAINERS_CONF" <<CONF
[containers]
default_ulimits = ["nofile=20000:20000","nproc=32768:32768"]
netns = "host"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
tmp_dir = "$scratch/libpod"
CONF
    cat >"$CONTAINERS_STORAGE_CONF" <<CONF
[storage]
driver = "overlay"
graphroot = "$scratch/graph"
runroot = "$scratch/run"
CONF
}

# quietly LOG COMMAND…: its output is shown only if it fails. Not in the foreground, or a signal would wait for its end.
step=
quietly() {
    local log=$1
    shift
    setsid "$@" >"$log" 2>&1 &
    step=$!
    wait "$step" || {
        tail -n 60 "$log" >&2
        echo "failed: $1 (the end of its output is above)" >&2
        return 1
    }
    step=
}

# Merged /usr by the hook, as in Debian's image: otherwise the package usrmerge does it, and brings all of Perl.
make_base() {
    quietly "$scratch/base.log" mmdebstrap --variant=minbase --mode=root "${slim[@]}" \
        --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr bookworm "$scratch/base.tar"
    quietly "$scratch/base.log" podman import -c 'CMD ["bash"]' \
        -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$scratch/base.tar" "$base_image"
    rm "$scratch/base.tar"
}

# The toolchain and the mirror of the packages stay where they are, and are mounted.
make_swift_base() {
    toolchain=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")")
    mounts=(-v "$toolchain:$toolchain:ro")
    git config --get-regexp '^url\..*\.insteadof$' >"$scratch/mirrors" || true
    local key from
    while read -r key from; do
        local mirror=${key#url.}
        mirror=${mirror%.insteadof}
        git config --file "$scratch/gitconfig" --add "$key" "$from"
        [[ ! -d $mirror || " ${mounts[*]} " == *" $mirror:"* ]] || mounts+=(-v "$mirror:$mirror:ro")
    done <"$scratch/mirrors"
    [[ ! -s $scratch/gitconfig ]] || mounts+=(-v "$scratch/gitconfig:/etc/gitconfig:ro")
    mkdir -p "$scratch/swift"
    printf '%s\n' "FROM $base_image" "RUN apt-get update && apt-get install -y --no-install-recommends ${swift_packages[*]}" \
        "ENV PATH=$toolchain/usr/bin:\$PATH" >"$scratch/swift/Dockerfile"
    quietly "$scratch/swift.log" buildah bud --isolation chroot --network host -t "$swift_image" "$scratch/swift"
}

# build_image SOURCES TAG [OPTION…]
build_image() {
    local sources=$1 tag=$2
    shift 2
    quietly "$scratch/image.log" buildah bud --layers --isolation chroot --network host "${mounts[@]}" \
        --build-arg SWIFT_IMAGE="$swift_image" --build-arg BASE_IMAGE="$base_image" "$@" -t "$tag" "$sources"
}
