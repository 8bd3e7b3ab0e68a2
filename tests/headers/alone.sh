#!/bin/sh
# alone.sh INCLUDE_DIRECTORY COMPILER [FLAG...]: compiles each header on its own, included twice, and then all of them
# together, from the first to the last and back: a name in one may shadow a name in another.
set -u
include=$1
shift
cd "$include" || exit 1

failed=0
count=0
headers=$(find . -name '*.hpp' | sed 's|^\./||' | sort)
for header in $headers; do
    count=$((count + 1))
    printf '#include <%s>\n#include <%s>\n' "$header" "$header" |
        "$@" -I. -x c++ -fsyntax-only - || { echo "FAILED: $header"; failed=$((failed + 1)); }
done
for order in -u -r; do
    echo "$headers" | sort $order | sed 's/.*/#include <&>/' |
        "$@" -I. -x c++ -fsyntax-only - || { echo "FAILED: all, sort $order"; failed=$((failed + 1)); }
done
echo "$count headers, $failed failures: $*"
[ "$count" -gt 0 ] && [ "$failed" -eq 0 ]
