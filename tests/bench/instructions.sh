#!/bin/sh
# instructions.sh CODECS: counts the instructions per octet of the codecs, and fails if one is over its limit.
#
# Counts do not depend on what else the machine does. 77, "skipped", without valgrind.
set -eu
codecs=$1
command -v valgrind > /dev/null || { echo "valgrind is missing"; exit 77; }
failed=0

# count KERNEL INPUT LIMIT
count() {
    out=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=measured \
              "$codecs" run "$1" "$2" 65536 2>&1)
    octets=$(printf '%s\n' "$out" | sed -n 's/^\([0-9]*\) octets$/\1/p')
    instructions=$(printf '%s\n' "$out" | sed -n 's/.*Collected : \([0-9]*\).*/\1/p')
    awk -v n="$instructions" -v o="$octets" -v limit="$3" -v name="$1 $2" 'BEGIN {
        printf "%-24s %6.3f instructions per octet, limit %.2f\n", name, n / o, limit
        exit !(n > 0 && o > 0 && n / o <= limit)
    }' || failed=1
}

count decode-slices mixed 1.10
count decode-copy   mixed 1.30
count encode-slices mixed 1.00
# Lines that are made to hurt: no more than the textbook's loop, which takes 11.7.
for input in dots dot1 char1 crlf long lf; do
    count decode-slices $input 10
    count encode-slices $input 11
done
exit $failed
