#!/bin/sh
# tests/bench/run.sh [ROUNDS]: installs what is missing, builds, runs ours and the peers in turn, prints tables of the
# medians, counts instructions, and writes docs/performance.svg. Everything is in build-bench/.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$root"
rounds=${1:-5}
build="build-bench"

missing=
for tool in g++:g++ cmake:cmake ninja:ninja-build python3:python3 valgrind:valgrind; do
    command -v "${tool%%:*}" > /dev/null || missing="$missing ${tool##*:}"
done
[ -e /usr/include/libetpan/libetpan.h ] || missing="$missing libetpan-dev"
if [ -n "$missing" ] && command -v apt-get > /dev/null; then
    as_root=; [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root apt-get update -q
    # shellcheck disable=SC2086 # a list
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing
fi

cmake -S . -B $build -G Ninja -DCMAKE_CXX_COMPILER="${CXX:-g++}" -DCMAKE_BUILD_TYPE=Release \
    -DSANSMTP_BENCH=ON -DSANSMTP_EXAMPLES=OFF > $build.log || { cat $build.log; exit 1; }
rm -f $build.log
targets="bench_codecs bench_stream"
[ ! -e /usr/include/libetpan/libetpan.h ] || targets="$targets bench_libetpan"
# shellcheck disable=SC2086 # a list
cmake --build $build --target $targets > /dev/null

measures=$build/measures
: > $measures
round=0
while [ $round -lt "$rounds" ]; do
    $build/tests/bench/bench_codecs time 0.02 >> $measures
    [ ! -e $build/tests/bench/bench_libetpan ] || $build/tests/bench/bench_libetpan >> $measures
    python3 tests/bench/peers.py >> $measures
    round=$((round + 1))
done

echo "Machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores; load $(cut -d' ' -f1 /proc/loadavg)"
echo "Compiler: $("${CXX:-g++}" --version | head -1), -O2"
python3 tests/bench/report.py $measures docs/performance.svg
echo
sh tests/bench/instructions.sh $build/tests/bench/bench_codecs
