#!/bin/sh
# examples/client delivers to examples/server: every message, and more recipients than either end has room for.
. "$(dirname -- "$0")/_lib.sh"
need timeout python3
make_messages

for protocol in smtp lmtp; do
    start_server $protocol
    option=
    [ $protocol = smtp ] || option=--lmtp
    for m in $messages empty last_line; do
        wanted=$scratch/$m
        [ "$m" != last_line ] || wanted=$(completed "$wanted")
        client 0 $option 127.0.0.1 "$port" sender@test.example a@test.example Postmaster < "$scratch/$m"
        arrived "client and server, $protocol, $m" "$wanted"
    done
    client 69 $option 127.0.0.1 "$port" '' a@elsewhere.example < "$scratch/dots"
    said '<a@elsewhere.example>: refused: 550 5.7.1 Relaying denied$'
done

# 20,000 recipients, pipelined: each end must read while it writes. Over 1000 the server says "too many for now"; what
# was not on its way by then is not tried.
start_server smtp
awk 'BEGIN { for (i = 1; i <= 20000; ++i) print "user" i "@test.example" }' < /dev/null > "$scratch/recipients"
# shellcheck disable=SC2046 # words
client 75 127.0.0.1 "$port" '' $(cat "$scratch/recipients") < "$scratch/dots"
arrived "client and server, 20000 recipients" "$scratch/dots"
[ "$(grep -c ': delivered: 250' "$scratch/client.log")" -eq 1000 ] || die "not 1000 were delivered to"
[ "$(grep -cE ': try again: (452 4.5.3|not tried)' "$scratch/client.log")" -eq 19000 ] || die "not 19000 are to be tried again"

# A client that is gone in the middle, or whose input cannot be read, delivers nothing.
client 74 127.0.0.1 "$port" '' a@test.example < "$scratch"
(
    printf 'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@test.example>\r\nDATA\r\nhalf a message\r\n'
) | timeout 30 python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(sys.stdin.buffer.read())
s.shutdown(socket.SHUT_WR)
while s.recv(4096): pass' "$port" || die "a connection that is cut"
nothing_is_stored() { [ -z "$(ls -A "$mail")" ]; }
wait_until nothing_is_stored
echo "ok: half a message"

# Nobody listens.
kill "$peer"
wait "$peer" 2> /dev/null || true
client 75 127.0.0.1 "$port" '' a@test.example < "$scratch/dots"
client 65 127.0.0.1 "$port" '' 'no address' < "$scratch/dots"
client 64 127.0.0.1 < "$scratch/dots"
echo "ok: exit statuses"
