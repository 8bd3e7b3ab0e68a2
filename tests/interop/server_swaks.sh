#!/bin/sh
# swaks sends mail to examples/server, by SMTP with and without pipelining, and by LMTP.
. "$(dirname -- "$0")/_lib.sh"
need swaks timeout
make_messages

start_server smtp
for m in $messages empty; do
    swaks_file "$scratch/$m" --to user@test.example || die "swaks, $m"
    arrived "swaks, $m" "$scratch/$m"
    swaks_file "$scratch/$m" --to user@test.example --pipeline || die "swaks --pipeline, $m"
    arrived "swaks --pipeline, $m" "$scratch/$m"
done
swaks_file "$scratch/dots" --to user@test.example --protocol SMTP || die "swaks by HELO"
arrived "swaks by HELO" "$scratch/dots"

# Its own doubling of dots, and its own end.
printf 'Subject: own\n\n.\n..\n.x\nx\n' > "$scratch/own"
printf 'Subject: own\r\n\r\n.\r\n..\r\n.x\r\nx\r\n\r\n' > "$scratch/own.wire"
timeout 30 swaks --silent 3 --server 127.0.0.1 --port "$port" --from a@test.example --to user@test.example \
    --data "@$scratch/own" || die "swaks with dots of its own"
arrived "swaks with dots of its own" "$scratch/own.wire"

# A bare LF: no end of anything, and not delivered.
printf 'Subject: smuggled\r\n\r\nx\n.\nMAIL FROM:<a@test.example>\r\n' > "$scratch/smuggled"
if swaks_file "$scratch/smuggled" --to user@test.example; then die "a bare LF was taken"; fi
grep -q '^<\*\* *550 5.5.2\|550 5.5.2' "$scratch/swaks.log" || die "no 550 5.5.2"
[ -z "$(ls "$mail")" ] || die "something was stored"
echo "ok: swaks, bare LF refused"

start_server lmtp
for m in $messages empty; do
    swaks_file "$scratch/$m" --protocol LMTP --to a@test.example,b@elsewhere.example,c@test.example || die "swaks, LMTP, $m"
    [ "$(grep -c '^<.. *250 2.6.0' "$scratch/swaks.log")" -eq 2 ] || die "LMTP: not two replies"
    arrived "swaks, LMTP, $m" "$scratch/$m"
done
