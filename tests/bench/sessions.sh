#!/bin/sh
# sessions.sh SESSION CLIENT_SESSION: counts the instructions of a server's and of a client's session, and fails if one is
# over its limit, or the client's over the server's.
#
# Counts do not depend on what else the machine does. 77, "skipped", without valgrind.
set -eu
command -v valgrind > /dev/null || { echo "valgrind is missing"; exit 77; }
sessions=100

# count COMMAND...: the instructions of one session
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='measured*' "$@" "$sessions" 2>&1 |
        awk -v n="$sessions" '/Collected : / { printf "%.0f", $4 / n }'
}

server=$(count "$1" run)
client=$(count "$2")
echo "server $server instructions, limit 16500"
echo "client $client instructions, limit 16000 and the server's"
[ "$server" -gt 0 ] && [ "$server" -le 16500 ] && [ "$client" -gt 0 ] && [ "$client" -le 16000 ] && [ "$client" -le "$server" ]
