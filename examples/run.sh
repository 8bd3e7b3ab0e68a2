#!/bin/sh
# examples/run.sh [ARGUMENT...]: builds examples/loopback.cpp and runs it with the arguments given.
#
# It needs a C++20 compiler and nothing else: $CXX if that is set, else g++, clang++ or c++. If there is none, g++ is
# installed where apt-get can do that.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

run() {
    echo "+ $*"
    "$@"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then run "$@"; else run sudo "$@"; fi
}

# True if the compiler $1 is there and knows C++20, its library and libc's headers.
works() {
    command -v "$1" > /dev/null 2>&1 &&
        printf '%s\n' '#include <concepts>' '#include <cstdlib>' '#include <span>' \
            'consteval int one() { return 1; }' 'int main() { return one() - 1; }' |
        "$1" -std=c++20 -x c++ -fsyntax-only - > /dev/null 2>&1
}

# Sets `compiler`; false if there is none.
find_compiler() {
    for compiler in ${CXX:-g++ clang++ c++}; do
        if works "$compiler"; then return 0; fi
    done
    return 1
}

if ! find_compiler; then
    if [ -n "${CXX:-}" ]; then
        echo "CXX=$CXX does not compile C++20. Unset it, and another compiler is looked for." >&2
        exit 1
    fi
    if ! command -v apt-get > /dev/null 2>&1; then
        echo "There is no C++20 compiler here (g++ 12, clang 14 or later). One of these installs it:" >&2
        echo "  dnf install gcc-c++ | pacman -S gcc | apk add g++ | zypper install gcc-c++ | brew install llvm" >&2
        exit 1
    fi
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends g++
    find_compiler || { echo "g++ was installed, but does not compile C++20: it is too old." >&2; exit 1; }
fi

mkdir -p "$root/build"
run "$compiler" -std=c++20 -O2 -pthread -I "$root/include" "$root/examples/loopback.cpp" -o "$root/build/loopback"
run "$root/build/loopback" "$@"
