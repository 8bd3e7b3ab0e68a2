#!/bin/sh
# alone.sh INCLUDE_DIRECTORY COMPILER [FLAG...]: compiles each header on its own, included twice.
set -u
include=$1
shift
cd "$include" || exit 1

failed=0
count=0
for header in $(find . -name '*.hpp' | sed 's|^\./||' | sort); do
    count=$((count + 1))
    printf '#include <%s>\n#include <%s>\n' "$header" "$header" |
        "$@" -I. -x c++ -fsyntax-only - || { echo "FAILED: $header"; failed=$((failed + 1)); }
done
echo "$count headers, $failed of them failed: $*"
[ "$count" -gt 0 ] && [ "$failed" -eq 0 ]
