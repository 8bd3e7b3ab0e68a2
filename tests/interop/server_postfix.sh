#!/bin/sh
# Postfix relays mail to examples/server by SMTP and by LMTP, and to examples/submission by STARTTLS and AUTH.
. "$(dirname -- "$0")/_lib.sh"
need sendmail
. "$here/_postfix.sh"
make_messages
start_relays

# The recipient chooses the server; bounces go nowhere.
cat > "$conf/transport" <<C
one@test.example         smtp:[127.0.0.1]:$smtp_port
two@test.example         smtp:[127.0.0.1]:$smtp_port
three@test.example       smtp:[127.0.0.1]:$smtp_port
nobody@elsewhere.example smtp:[127.0.0.1]:$smtp_port
lmtp1@test.example       lmtp:inet:127.0.0.1:$lmtp_port
lmtp2@test.example       lmtp:inet:127.0.0.1:$lmtp_port
tls@elsewhere.example    smtp:[127.0.0.1]:${submission_port:-$smtp_port}
*                        discard:
C
printf '[127.0.0.1]:%s encrypt\n' "$submission_port" > "$conf/tls"
printf '[127.0.0.1]:%s tim:secret-1\n' "$submission_port" > "$conf/passwords"
cat >> "$conf/main.cf" << C
smtp_host_lookup = native
lmtp_host_lookup = native
transport_maps = texthash:$conf/transport
smtp_line_length_limit = 0
smtp_tls_security_level = none
smtp_tls_policy_maps = texthash:$conf/tls
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:$conf/passwords
smtp_sasl_tls_security_options = noanonymous
C
start_postfix

# relay FILE RECIPIENT...: gives Postfix a message, without its CRs.
relay() {
    file=$1
    shift
    tr -d '\r' < "$file" | timeout 30 sendmail -C "$conf" -i -f sender@client.example "$@" || die "Postfix takes no mail"
}

# became STATUS RECIPIENT: Postfix's log says so.
became() {
    grep -q "to=<$2>, .* status=$1 " "$postfix_log"
}

for m in dots octets long very_long; do
    relay "$scratch/$m" one@test.example
    relayed "Postfix, $m" "$scratch/$m"
done
relay "$scratch/last_line" one@test.example
relayed "Postfix, last_line" "$(completed "$scratch/last_line")"

# One group of commands; one recipient is refused, the others get the mail, and no more than once.
relay "$scratch/dots" one@test.example two@test.example nobody@elsewhere.example three@test.example
relayed "Postfix, one of four is refused" "$scratch/dots"
for to in one two three; do wait_until became sent "$to@test.example"; done
wait_until became bounced nobody@elsewhere.example
echo "ok: Postfix, the others were sent"

relay "$scratch/dots" lmtp1@test.example lmtp2@test.example
relayed "Postfix, LMTP, two recipients" "$scratch/dots"
for to in lmtp1 lmtp2; do wait_until became sent "$to@test.example"; done

[ -n "$submission_port" ] || exit 0
if ! ls /usr/lib/*/sasl2/libplain.so > /dev/null 2>&1; then # Debian has it in libsasl2-modules
    echo "not run: Postfix has no SASL mechanism here"
    exit 0
fi
relay "$scratch/octets" tls@elsewhere.example
relayed "Postfix, STARTTLS and AUTH" "$scratch/octets"
by_type ESMTPSA
