#!/bin/sh
# tests/foreign.sh: the framing layer on processors with other octet order or other vectors, which are emulated.
#
# Needs the cross compilers of Debian (g++-aarch64-linux-gnu, g++-s390x-linux-gnu), qemu-user, and the one header of
# Catch2 2.13. What is missing is skipped.
set -eu
cd "$(dirname "$0")/.."
catch=/usr/include/catch2/catch.hpp
[ -e $catch ] || { echo "Catch2 2.13 is missing: skipped"; exit 0; }
work=build-foreign
mkdir -p $work/include
[ -e $work/include/catch2 ] || ln -s "${catch%/*}" $work/include/catch2

# try TRIPLET EMULATOR WHY
try() {
    compiler="${CMAKE_CXX_COMPILER_LAUNCHER:-} $1-g++"
    if ! command -v "$1-g++" > /dev/null || ! command -v "$2" > /dev/null; then
        echo "$1: no compiler or no $2: skipped"
        return
    fi
    flags="-std=c++20 -O2 -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror -Iinclude -Itests
           -isystem $work/include -DSANSMTP_CATCH=2"
    # shellcheck disable=SC2086 # lists
    [ -e "$work/$1.main.o" ] || $compiler $flags -c tests/support/catch_main.cpp -o "$work/$1.main.o"
    # shellcheck disable=SC2086
    $compiler $flags -fsyntax-only tests/static/data.cpp
    for name in detail/scan data line chunking; do
        program=$work/$1.$(basename $name)
        # shellcheck disable=SC2086
        $compiler $flags -static "tests/$name.cpp" "$work/$1.main.o" -o "$program"
        echo "$1 ($3), $name:"
        "$2" "$program"
    done
}

try aarch64-linux-gnu qemu-aarch64 "NEON"
try s390x-linux-gnu   qemu-s390x   "big-endian"
