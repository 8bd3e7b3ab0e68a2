#!/bin/sh
# curl sends mail to examples/server.
. "$(dirname -- "$0")/_lib.sh"
need curl timeout
curl --version | grep -q '^Protocols:.* smtp' || skip "this curl knows no SMTP"
make_messages
start_server smtp

# send FILE CURL-ARGUMENT...
send() {
    file=$1
    shift
    timeout 30 curl -sS "smtp://127.0.0.1:$port/curl.test.example" --mail-from sender@test.example \
        --upload-file "$file" "$@"
}

for m in $messages; do
    send "$scratch/$m" --mail-rcpt user@test.example
    arrived "curl, $m" "$scratch/$m"
done
send "$scratch/last_line" --mail-rcpt user@test.example
arrived "curl, last_line" "$(completed "$scratch/last_line")"
send "$scratch/empty" --mail-rcpt user@test.example
arrived "curl, empty" "$scratch/empty"

# Three recipients, of which one is refused; the others get the mail.
send "$scratch/dots" --mail-rcpt a@test.example --mail-rcpt b@elsewhere.example --mail-rcpt c@TEST.example \
    --mail-rcpt-allowfails
arrived "curl, one of three is refused" "$scratch/dots"
grep -q 'to <a@test.example> <c@TEST.example>, by ESMTP$' "$scratch/server.log" || die "the recipients are not right"

# Nobody relays.
if send "$scratch/dots" --mail-rcpt b@elsewhere.example 2> "$scratch/curl.log"; then die "the server relays"; fi
grep -q 550 "$scratch/curl.log" || die "no 550"
[ -z "$(ls "$mail")" ] || die "something was stored"
echo "ok: curl, relaying denied"
