#!/bin/sh
# swaks, curl, smtplib and openssl s_client against examples/submission: STARTTLS, TLS at once, AUTH, chunks, XCLIENT, LMTP.
. "$(dirname -- "$0")/_lib.sh"
need swaks curl openssl python3 timeout
perl -MNet::SSLeay -MDigest::HMAC_MD5 -e 1 2> /dev/null || skip "swaks lacks Net::SSLeay or Digest::HMAC_MD5"
[ -x "$examples/submission" ] || skip "examples/submission was not built"
make_messages

# send FILE SWAKS-ARGUMENT...
send() {
    file=$1
    shift
    swaks_file "$file" --to user@elsewhere.example "$@"
}

start_submission
for how in PLAIN LOGIN CRAM-MD5; do
    send "$scratch/dots" --tls --auth "$how" --auth-user tim --auth-password secret-1 || die "swaks, STARTTLS, $how"
    arrived "swaks, STARTTLS, AUTH $how" "$scratch/dots"
    by_type ESMTPSA
done
send "$scratch/very_long" --tls --pipeline --auth PLAIN --auth-user tim --auth-password secret-1 || die "swaks, pipeline"
arrived "swaks, STARTTLS, AUTH, pipelined, 100 kB" "$scratch/very_long"
send "$scratch/octets" --protocol ESMTPSA --auth-user tim --auth-password secret-1 || die "swaks, any mechanism"
arrived "swaks, STARTTLS, AUTH by its own choice" "$scratch/octets"
by_type ESMTPSA
for drop in MAIL RCPT DATA DATA-SEND; do # the client goes away: nothing is stored
    case $drop in *-SEND) set -- --drop-after-send "${drop%-SEND}" ;; *) set -- --drop-after "$drop" ;; esac
    send "$scratch/dots" --tls --auth PLAIN --auth-user tim --auth-password secret-1 "$@" || true
done
[ -z "$(ls "$mail")" ] || die "something was stored"
echo "ok: swaks, dropped in the middle"
if send "$scratch/dots" --tls --auth PLAIN --auth-user tim --auth-password wrong; then die "a wrong password was taken"; fi
grep -q '535 5.7.8' "$scratch/swaks.log" || die "no 535"
if send "$scratch/dots" --tls; then die "relayed without AUTH"; fi
grep -q '530 5.7.0' "$scratch/swaks.log" || die "no 530 without AUTH"
if send "$scratch/dots"; then die "relayed without TLS"; fi
grep -q '530 5.7.0' "$scratch/swaks.log" || die "no 530 without TLS"
echo "ok: nothing without TLS, AUTH and the right password"

timeout 30 curl --silent --show-error --insecure --ssl-reqd "smtp://127.0.0.1:$port/curl.test.example" --user tim:secret-1 \
    --mail-from a@test.example --mail-rcpt b@elsewhere.example --upload-file "$scratch/octets" || die "curl, STARTTLS"
arrived "curl, STARTTLS and AUTH" "$scratch/octets"

timeout 30 python3 - "$port" "$scratch/octets" <<'P' || die "smtplib"
import smtplib, ssl, sys
context = ssl._create_unverified_context()
s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), "smtplib.test.example")
s.starttls(context=context)
s.ehlo()
assert not s.has_extn("starttls") and s.has_extn("chunking") and s.has_extn("smtputf8"), s.esmtp_features
s.login("tim", "secret-1")
s.sendmail("a@test.example", ["b@elsewhere.example"], open(sys.argv[2], "rb").read(), ["BODY=8BITMIME", "RET=HDRS"], ["NOTIFY=NEVER"])
s.quit()
P
arrived "smtplib, STARTTLS, AUTH, DSN" "$scratch/octets"

# Chunks by hand, since few clients send them, behind AUTH in TLS.
auth=$(printf '\0tim\0secret-1' | openssl base64)
{
    printf 'EHLO s_client.test.example\r\nAUTH PLAIN %s\r\nMAIL FROM:<a@test.example> BODY=BINARYMIME\r\n' "$auth"
    printf 'RCPT TO:<b@elsewhere.example>\r\nBDAT 6\r\n.\r\nQUIBDAT 3 LAST\r\nT\r\nQUIT\r\n'
    sleep 2 # s_client ends with its input
} | timeout 30 openssl s_client -quiet -ign_eof -starttls smtp -connect "127.0.0.1:$port" > "$scratch/s_client.log" 2>&1 || true
printf '.\r\nQUIT\r\n' > "$scratch/chunks"
arrived "openssl s_client, chunks" "$scratch/chunks"

# Plaintext behind STARTTLS: 220, and nothing else is heard.
printf 'EHLO x\r\nSTARTTLS\r\nEHLO evil\r\nQUIT\r\n' | timeout 10 python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(sys.stdin.buffer.read())
all = b""
while (d := s.recv(4096)): all += d
sys.stdout.buffer.write(all)' "$port" > "$scratch/injected.log" || die "injection"
tail -n 1 "$scratch/injected.log" | grep -q '^220 2.0.0' || die "something came behind the 220"
echo "ok: plaintext behind STARTTLS ends the session"

if command -v msmtp > /dev/null 2>&1; then # it adds fields of its own
    printf 'Subject: msmtp\n\n.\n..x\n' | timeout 30 msmtp --file=/dev/null --host=127.0.0.1 --port="$port" --tls=on \
        --tls-starttls=on --tls-certcheck=off --auth=cram-md5 --user=tim --passwordeval='echo secret-1' \
        --from=a@test.example b@elsewhere.example > "$scratch/msmtp.log" 2>&1 || die "msmtp"
    printf '.\r\n..x\r\n' > "$scratch/msmtp.end"
    tail -n 2 "$mail"/*.eml | cmp - "$scratch/msmtp.end" || { cat -A "$mail"/*.eml; die "msmtp: other octets arrived"; }
    rm "$mail"/*.eml
    echo "ok: msmtp, STARTTLS, AUTH CRAM-MD5"
fi

start_submission --tls
send "$scratch/dots" --tlsc --auth LOGIN --auth-user tim --auth-password secret-1 || die "swaks, TLS at once"
arrived "swaks, TLS at once" "$scratch/dots"
timeout 30 curl --silent --show-error --insecure "smtps://127.0.0.1:$port/curl.test.example" --user tim:secret-1 \
    --mail-from a@test.example --mail-rcpt b@elsewhere.example --upload-file "$scratch/octets" || die "curl, smtps"
arrived "curl, smtps" "$scratch/octets"

printf 'EHLO s_client.test.example\r\nMAIL FROM:<a@test.example>\r\nNOOP\r\nQUIT\r\n' | timeout 30 openssl s_client -quiet -ign_eof \
    -connect "127.0.0.1:$port" > "$scratch/s_client.log" 2> /dev/null || true
tr -d '\r' < "$scratch/s_client.log" | cut -c 1-9 > "$scratch/s_client.codes"
grep -q '^250-AUTH ' "$scratch/s_client.codes" || die "no AUTH in TLS"
! grep -q '^250.STARTT' "$scratch/s_client.codes" || die "STARTTLS in TLS"
tail -n 3 "$scratch/s_client.codes" | tr '\n' ' ' | grep -q '^530 5.7.0 250 2.0.0 221 2.0.0 $' || die "openssl s_client, TLS at once"
echo "ok: openssl s_client, TLS at once"
if command -v msmtp > /dev/null 2>&1; then
    for how in plain login; do
        printf 'Subject: msmtp\n\n.\n..x\n' | timeout 30 msmtp --file=/dev/null --host=127.0.0.1 --port="$port" --tls=on \
            --tls-starttls=off --tls-certcheck=off --auth=$how --user=tim --passwordeval='echo secret-1' \
            --from=a@test.example b@elsewhere.example c@elsewhere.example > "$scratch/msmtp.log" 2>&1 || die "msmtp, $how"
        tail -n 2 "$mail"/*.eml | cmp - "$scratch/msmtp.end" || die "msmtp, $how: other octets arrived"
        rm "$mail"/*.eml
    done
    echo "ok: msmtp, TLS at once, AUTH PLAIN and LOGIN, two recipients"
fi

start_submission --clear-auth
send "$scratch/dots" --auth CRAM-MD5 --auth-user tim --auth-password secret-1 || die "swaks, AUTH in clear"
arrived "swaks, AUTH without TLS" "$scratch/dots"
by_type ESMTPA

start_submission --lmtp --xclient
send "$scratch/dots" --protocol LMTP || die "swaks, LMTP"
arrived "swaks, LMTP" "$scratch/dots"
by_type LMTP
timeout 30 swaks --server 127.0.0.1 --port "$port" --from a@test.example --to b@elsewhere.example --quit-after MAIL \
    --protocol LMTP --helo swaks.test.example \
    --xclient "NAME=spike.example ADDR=192.0.2.1" > "$scratch/swaks.log" 2>&1 || die "swaks, XCLIENT"
grep -q '^<- *220 mx.test.example' "$scratch/swaks.log" || die "no 220 to XCLIENT"
[ "$(grep -c '^ -> LHLO' "$scratch/swaks.log")" -eq 2 ] || die "not LHLO again behind XCLIENT"
echo "ok: swaks, XCLIENT"
send "$scratch/dots" --protocol LMTP --xclient "NAME=spike.example ADDR=192.0.2.1" --pipeline || die "swaks, mail behind XCLIENT"
arrived "swaks, LMTP, pipelined, behind XCLIENT" "$scratch/dots"
timeout 30 swaks --server 127.0.0.1 --port "$port" --from a@test.example --to b@elsewhere.example,c@elsewhere.example \
    --protocol LMTP --helo swaks.test.example > "$scratch/swaks.log" 2>&1 || die "swaks, LMTP, two recipients"
[ "$(grep -c '^<.. *250 2.6.0' "$scratch/swaks.log")" -eq 2 ] || die "LMTP: not two replies"
echo "ok: swaks, LMTP, two recipients"
