#!/usr/bin/env bash
# Builds what runs where Swift is not installed, with Swift's and C++'s runtime in it: build-release.sh --product NAME. The
# same flags everywhere, or all is built again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Loading the shared C++ library would take a tenth of the start. The compiler cannot be told to link the static one, but
# its linker takes what the first folder has, and this one has only that.
library=$(clang --print-file-name=libstdc++.a)
if [[ ! -f $library ]]; then
    echo "There is no libstdc++.a, which comes with Debian's g++: the program would need the shared one where it runs." >&2
    exit 1
fi
libraries=$PWD/.build/static-libraries
mkdir -p "$libraries"
ln -sf "$library" "$libraries/"

exec swift build -c release --static-swift-stdlib -Xlinker "-L$libraries" "$@"
