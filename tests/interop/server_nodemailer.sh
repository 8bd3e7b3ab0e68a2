#!/bin/sh
# nodemailer sends mail to examples/server and examples/submission: one connection for many messages, pipelined, DSN,
# STARTTLS, TLS at once, three mechanisms, LMTP. It leaves without QUIT.
. "$(dirname -- "$0")/_lib.sh"
need node timeout
NODE_PATH=${NODE_PATH:+$NODE_PATH:}/usr/share/nodejs # where Debian's node-nodemailer is
export NODE_PATH
node -e "require('nodemailer')" 2> /dev/null || skip "there is no nodemailer here"
make_messages

# send MODE AUTH TO FILE...
send() {
    timeout 30 node "$here/_nodemailer.cjs" "$port" "$@" > "$scratch/nodemailer.log" 2>&1
}

start_server smtp
for m in $messages; do
    send plain none user@test.example "$scratch/$m" || die "nodemailer, $m"
    arrived "nodemailer, $m" "$scratch/$m"
done
send plain none user@test.example "$scratch/last_line" || die "nodemailer, last_line"
arrived "nodemailer, last_line" "$(completed "$scratch/last_line")"
send plain none a@test.example,b@elsewhere.example,c@test.example "$scratch/dots" || die "nodemailer, one of three"
grep -q '^refused b@elsewhere.example$' "$scratch/nodemailer.log" || die "b was not refused"
arrived "nodemailer, one of three is refused" "$scratch/dots"
send plain none user@test.example "$scratch/dots" "$scratch/dots" "$scratch/octets" "$scratch/dots" || die "nodemailer, four"
[ "$(find "$mail" -name '[0-9]*.eml' | wc -l)" -eq 4 ] || die "not four messages"
rm "$mail"/*.eml
echo "ok: nodemailer, four messages by one connection"

start_server lmtp
send lmtp none a@test.example,b@elsewhere.example,c@test.example "$scratch/dots" || die "nodemailer, LMTP"
arrived "nodemailer, LMTP" "$scratch/dots"

[ -x "$examples/submission" ] || exit 0
for how in starttls tls; do
    if [ $how = tls ]; then set -- --tls; else set --; fi
    start_submission "$@"
    for mechanism in PLAIN LOGIN CRAM-MD5; do
        send $how $mechanism user@elsewhere.example "$scratch/octets" || die "nodemailer, $how, $mechanism"
        arrived "nodemailer, $how, $mechanism" "$scratch/octets"
        by_type ESMTPSA
    done
    if send $how none user@elsewhere.example "$scratch/dots"; then die "relayed without AUTH"; fi
done
echo "ok: nodemailer, nothing without AUTH"
