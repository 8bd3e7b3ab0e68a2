#!/bin/sh
# language.sh MESSAGES: counts the instructions that one command, one reply or one EHLO response takes to be parsed or
# written, and fails if one is over its limit.
#
# Counts do not depend on what else the machine does. 77, "skipped", without valgrind.
set -eu
messages=$1
command -v valgrind > /dev/null || { echo "valgrind is missing"; exit 77; }
failed=0

# count INPUT FUNCTION ITEMS LIMIT
count() {
    instructions=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$2*" "$messages" "$1" 1 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p')
    awk -v n="$instructions" -v items="$3" -v limit="$4" -v name="$1" 'BEGIN {
        printf "%-10s %6.0f instructions, limit %d\n", name, n / items, limit
        exit !(n > 0 && n / items <= limit)
    }' || failed=1
}

count cmd       kernel_cmd       100000  500
count cmd_plain kernel_cmd       100000  350
count cmd_param kernel_cmd       100000  750
count reply     kernel_reply     100000  450
count ehlo      kernel_ehlo       20000 2500
count put_mail  kernel_put_mail  100000  350
count put_reply kernel_put_reply 100000  350
exit $failed
