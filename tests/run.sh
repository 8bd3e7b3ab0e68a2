#!/bin/sh
# tests/run.sh [CTEST-ARGUMENT...]: builds everything in build/ and runs the tests.
#
# What is missing of a C++ compiler, CMake, make or ninja, and Catch2 is installed where apt-get can do that. CXX,
# CXXFLAGS, CMAKE_GENERATOR and the like mean what they mean to CMake, and CMAKE_ARGS are arguments for it.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"

run() {
    echo "+ $*"
    "$@"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then run "$@"; else run sudo "$@"; fi
}

have() {
    command -v "$1" > /dev/null 2>&1
}

# Asks CMake itself, so that Catch2 counts wherever CMake finds it.
have_catch2() {
    probe=$(mktemp -d) || return 1
    printf '%s\n' 'cmake_minimum_required(VERSION 3.18)' 'project(probe CXX)' 'find_package(Catch2 REQUIRED)' \
        > "$probe/CMakeLists.txt"
    # shellcheck disable=SC2086 # CMAKE_ARGS is a list
    if cmake ${CMAKE_ARGS:-} -Wno-dev --no-warn-unused-cli -S "$probe" -B "$probe/build" > /dev/null 2>&1
    then found=0; else found=1; fi
    rm -rf "$probe"
    return $found
}

# CMake takes make by itself; it must be told of ninja.
if have ninja && ! have make; then export CMAKE_GENERATOR="${CMAKE_GENERATOR:-Ninja}"; fi

missing=
[ -n "${CXX:-}" ] || have g++ || have clang++ || have c++ || missing="$missing g++"
have make || have ninja || missing="$missing make"
have cmake || missing="$missing cmake"
[ -z "$missing" ] && have_catch2 || missing="$missing catch2"

if [ -n "$missing" ]; then
    if ! have apt-get; then
        echo "Missing here:$missing. One of these installs it:" >&2
        echo "  dnf install gcc-c++ make cmake catch-devel | pacman -S gcc make cmake catch2" >&2
        echo "  apk add g++ make cmake catch2-3 | zypper install gcc-c++ make cmake Catch2-devel | brew install cmake catch2" >&2
        exit 1
    fi
    as_root apt-get update -q
    # shellcheck disable=SC2086 # a list
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing
fi

cores=$(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 2)

# shellcheck disable=SC2086 # a list
run cmake -S . -B build -DCMAKE_BUILD_TYPE=Release ${CMAKE_ARGS:-}
run cmake --build build --parallel "$cores"
cd build
run ctest --output-on-failure --parallel "$cores" "$@"
