#!/bin/sh
# Postfix relays mail to examples/server by SMTP and by LMTP, and to examples/submission by STARTTLS and AUTH.
#
# It has a configuration, queue and log of its own, and nobody sees /etc/postfix. Its master runs as root.
. "$(dirname -- "$0")/_lib.sh"
need postfix sendmail timeout
[ "$(id -u)" -eq 0 ] || skip "Postfix needs root"
make_messages
mkdir -p "$scratch/conf" "$scratch/queue" "$scratch/data"
chmod 755 "$scratch" "$scratch/conf"
chown postfix "$scratch/data"
chmod 700 "$scratch/data"

start_server smtp
smtp_port=$port
start_server lmtp
lmtp_port=$port
submission_port=
if [ -x "$examples/submission" ]; then
    start submission "$examples/submission" 0 "$mail" tim secret-1 mx.test.example
    wait_until read_port
    submission_port=$port
fi

# The recipient chooses the server; bounces go nowhere.
cat > "$scratch/conf/transport" <<C
one@test.example         smtp:[127.0.0.1]:$smtp_port
two@test.example         smtp:[127.0.0.1]:$smtp_port
three@test.example       smtp:[127.0.0.1]:$smtp_port
nobody@elsewhere.example smtp:[127.0.0.1]:$smtp_port
lmtp1@test.example       lmtp:inet:127.0.0.1:$lmtp_port
lmtp2@test.example       lmtp:inet:127.0.0.1:$lmtp_port
tls@elsewhere.example    smtp:[127.0.0.1]:${submission_port:-$smtp_port}
*                        discard:
C
printf '[127.0.0.1]:%s encrypt\n' "$submission_port" > "$scratch/conf/tls"
printf '[127.0.0.1]:%s tim:secret-1\n' "$submission_port" > "$scratch/conf/passwords"
cat > "$scratch/conf/main.cf" <<C
compatibility_level = 3.6
queue_directory = $scratch/queue
data_directory = $scratch/data
maillog_file = $scratch/postfix.log
maillog_file_prefixes = /
import_environment = MAIL_CONFIG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME
myhostname = postfix.test.example
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
smtp_host_lookup = native
lmtp_host_lookup = native
transport_maps = texthash:$scratch/conf/transport
smtp_line_length_limit = 0
smtp_tls_security_level = none
smtp_tls_policy_maps = texthash:$scratch/conf/tls
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:$scratch/conf/passwords
smtp_sasl_tls_security_options = noanonymous
C
cat > "$scratch/conf/master.cf" <<'C'
pickup     unix       n  -  n  60   1  pickup
cleanup    unix       n  -  n  -    0  cleanup
qmgr       unix       n  -  n  300  1  qmgr
tlsmgr     unix       -  -  n  1000 1  tlsmgr
rewrite    unix       -  -  n  -    -  trivial-rewrite
bounce     unix       -  -  n  -    0  bounce
defer      unix       -  -  n  -    0  bounce
trace      unix       -  -  n  -    0  bounce
proxymap   unix       -  -  n  -    -  proxymap
smtp       unix       -  -  n  -    -  smtp
lmtp       unix       -  -  n  -    -  lmtp
error      unix       -  -  n  -    -  error
retry      unix       -  -  n  -    -  error
discard    unix       -  -  n  -    -  discard
anvil      unix       -  -  n  -    1  anvil
scache     unix       -  -  n  -    1  scache
postlog    unix-dgram n  -  n  -    1  postlogd
C
log=$scratch/postfix.log
: > "$log"
timeout 60 postfix -c "$scratch/conf" start > "$scratch/start.log" 2>&1 || die "Postfix does not start"
peer=$(tr -d ' ' < "$scratch/queue/pid/master.pid")
peers="$peers $peer"

# relay FILE RECIPIENT...: gives Postfix a message, without its CRs.
relay() {
    file=$1
    shift
    tr -d '\r' < "$file" | timeout 30 sendmail -C "$scratch/conf" -i -f sender@client.example "$@" || die "Postfix takes no mail"
}

# delivered N: so many messages are there.
delivered() {
    [ "$(find "$mail" -name '[0-9]*.eml' | wc -l)" -eq "$1" ]
}

# came WHAT FILE: one message was delivered, whose content behind the header is that of the file. Takes it away.
came() {
    wait_until delivered 1
    sed '1,/^\r$/d' "$2" > "$scratch/sent"
    sed '1,/^\r$/d' "$mail"/[0-9]*.eml > "$scratch/stored"
    same "$1" "$scratch/sent" "$scratch/stored"
    rm "$mail"/[0-9]*.eml
}

# became STATUS RECIPIENT: Postfix's log says so.
became() {
    grep -q "to=<$2>, .* status=$1 " "$log"
}

for m in dots octets long very_long; do
    relay "$scratch/$m" one@test.example
    came "Postfix, $m" "$scratch/$m"
done
relay "$scratch/last_line" one@test.example
came "Postfix, last_line" "$(completed "$scratch/last_line")"

# One group of commands; one recipient is refused, the others get the mail, and no more than once.
relay "$scratch/dots" one@test.example two@test.example nobody@elsewhere.example three@test.example
came "Postfix, one of four is refused" "$scratch/dots"
for to in one two three; do wait_until became sent "$to@test.example"; done
wait_until became bounced nobody@elsewhere.example
echo "ok: Postfix, the others were sent"

relay "$scratch/dots" lmtp1@test.example lmtp2@test.example
came "Postfix, LMTP, two recipients" "$scratch/dots"
for to in lmtp1 lmtp2; do wait_until became sent "$to@test.example"; done

[ -n "$submission_port" ] || exit 0
if ! ls /usr/lib/*/sasl2/libplain.so > /dev/null 2>&1; then # Debian has it in libsasl2-modules
    echo "not run: Postfix has no SASL mechanism here"
    exit 0
fi
relay "$scratch/octets" tls@elsewhere.example
came "Postfix, STARTTLS and AUTH" "$scratch/octets"
tail -n 1 "$scratch/submission.log" | grep -q ', by ESMTPSA$' || die "not by ESMTPSA"
