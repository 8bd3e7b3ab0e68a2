#!/bin/sh
# tests/bench/run.sh [ROUNDS]: installs what is missing, builds, runs ours and the peers in turn, prints tables of the
# medians, counts instructions, and writes docs/performance.svg. Everything is in build-bench/.
#
# FLAGS=-march=x86-64-v3 tests/bench/run.sh: ours by these flags beside memcpy; no peers, no plot.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$root"
rounds=${1:-5}
flags=${FLAGS:-}
build=build-bench$flags

missing=
for tool in g++:g++ cmake:cmake ninja:ninja-build python3:python3 valgrind:valgrind; do
    command -v "${tool%%:*}" > /dev/null || missing="$missing ${tool##*:}"
done
[ -x /usr/bin/python3 ] && python=/usr/bin/python3 || python=python3 # Debian's packages are for Debian's Python
$python -c "import aiosmtpd" 2> /dev/null || missing="$missing python3-aiosmtpd"
[ -e /usr/include/libetpan/libetpan.h ] || missing="$missing libetpan-dev"
if [ -n "$missing" ] && command -v apt-get > /dev/null; then
    as_root=; [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root apt-get update -q
    # shellcheck disable=SC2086 # a list
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing
fi

cmake -S . -B "$build" -G Ninja -DCMAKE_CXX_COMPILER="${CXX:-g++}" -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_BUILD_TYPE=Release \
    -DSANSMTP_BENCH=ON -DSANSMTP_EXAMPLES=OFF > "$build.log" || { cat "$build.log"; exit 1; }
rm -f "$build.log"
targets="bench_codecs bench_stream"
[ ! -e /usr/include/libetpan/libetpan.h ] || targets="$targets bench_libetpan"
# shellcheck disable=SC2086 # a list
cmake --build "$build" --target $targets > /dev/null
here=$build/tests/bench

measures=$build/measures
: > "$measures"
round=0
while [ $round -lt "$rounds" ]; do
    "$here/bench_codecs" time 0.02 >> "$measures"
    round=$((round + 1))
    [ -z "$flags" ] || continue
    [ ! -e "$here/bench_libetpan" ] || "$here/bench_libetpan" >> "$measures"
    $python tests/bench/peers.py >> "$measures"
    command -v node > /dev/null || { echo "node is missing: its peers are left out" >&2; continue; }
    [ -e "$build/node_modules/smtp-server" ] ||
        npm install --silent --no-audit --no-fund --prefix "$build" smtp-server nodemailer || echo "npm found no peers" >&2
    node tests/bench/peers.cjs "$build" >> "$measures"
done

echo "Machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores; load $(cut -d' ' -f1 /proc/loadavg)"
echo "Compiler: $("${CXX:-g++}" --version | head -1), -O2 $flags"
svg=docs/performance.svg
[ -z "$flags" ] || svg=$build/performance.svg
python3 tests/bench/report.py "$measures" "$svg"
[ -z "$flags" ] || exit 0
echo
sh tests/bench/instructions.sh "$here/bench_codecs"
