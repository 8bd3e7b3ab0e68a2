#!/bin/sh
# examples/submit delivers to Postfix: by DATA and by BDAT, in clear and by STARTTLS, with every mechanism of Cyrus SASL
# that both have. Nothing is delivered further: what arrived, and what was asked by DSN, is read from Postfix's queue.
. "$(dirname -- "$0")/_lib.sh"
need postcat
need_proc
need_submit
. "$here/_postfix.sh"
make_messages
make_certificate certificate

# With a password file, and the mechanisms, there is AUTH as well.
auth=no
if command -v saslpasswd2 > /dev/null 2>&1 && saslpluginviewer -s 2> /dev/null | grep -q SCRAM-SHA-256; then
    auth=yes
    echo secret | saslpasswd2 -p -c -f "$scratch/passwords" -u postfix.test.example tester
    chown postfix "$scratch/passwords"
    # Debian's Postfix looks there, whatever cyrus_sasl_config_path says.
    cat > "$conf/sasl/smtpd.conf" << END
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: $scratch/passwords
mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256
END
fi

free_port
cat >> "$conf/main.cf" << END
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
smtpd_recipient_restrictions = check_recipient_access texthash:$conf/access, permit_mynetworks, reject
defer_transports = smtp
smtpd_tls_security_level = may
smtpd_tls_cert_file = $scratch/certificate
smtpd_tls_key_file = $scratch/certificate.key
smtpd_sasl_auth_enable = $auth
smtpd_sasl_local_domain = postfix.test.example
local_header_rewrite_clients =
END
printf 'refused@test.example 550 5.1.1 No such user\nlater@test.example 450 4.2.0 Not now\n' > "$conf/access"
echo "127.0.0.1:$port inet n - n - - smtpd" >> "$conf/master.cf"
start_postfix
wait_until listens "$port"

# queued WHAT FILE: the message that the client was just told the id of is in the queue. Its envelope goes to $envelope.
envelope=$scratch/envelope
queued() {
    id=$(sed -n 's/.* queued as \([0-9A-Za-z]*\)$/\1/p' "$scratch/client.log" | head -n 1)
    postcat -c "$conf" -qe "$id" > "$envelope"
    postcat -c "$conf" -qbh "$id" | sed '1,/^Subject:/d' > "$scratch/got" # Postfix puts lines of its own in front
    tr -d '\r' < "$2" | tail -n +2 > "$scratch/wanted"
    same "Postfix, $1" "$scratch/wanted" "$scratch/got"
}

submit_every_way queued

client 75 127.0.0.1 "$port" '' refused@test.example a@test.example later@test.example < "$scratch/dots"
said '<refused@test.example>: refused: 550 5.1.1 '
said '<a@test.example>: delivered: 250 2.0.0 '
said '<later@test.example>: try again: 450 4.2.0 '
queued 'one of three' "$scratch/dots"

# What is asked of DSN, as the queue has it [RFC 3461]: success and failure are 2 and 4, RET=HDRS is 2.
submit 0 --tls never --dsn 'id 1+2' 127.0.0.1 "$port" sender@test.example 'us+er@test.example' < "$scratch/dots"
queued 'DSN' "$scratch/dots"
for line in 'named_attribute: envelope_id=id 1+2' 'named_attribute: ret_flags=2' \
    'named_attribute: dsn_orig_rcpt=rfc822;us+er@test.example' 'named_attribute: notify_flags=6'
do
    grep -qxF "$line" "$envelope" || { cat "$envelope"; die "DSN: not in the queue: $line"; }
done
echo 'ok: Postfix, DSN in the queue'

if [ $auth = yes ]; then
    SUBMIT_PASSWORD=secret
    export SUBMIT_PASSWORD
    for mechanism in PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256; do
        submit 0 --ca "$scratch/certificate" --user tester --mechanisms $mechanism 127.0.0.1 "$port" \
            sender@test.example user@test.example < "$scratch/dots"
        queued "AUTH $mechanism" "$scratch/dots"
        grep -q "^named_attribute: sasl_method=$mechanism" "$envelope" || die "$mechanism was not used"
    done
    SUBMIT_PASSWORD=wrong submit 75 --ca "$scratch/certificate" --user tester 127.0.0.1 "$port" sender@test.example \
        user@test.example < "$scratch/dots"
    said '<user@test.example>: try again: 535 '
    echo 'ok: Postfix, a wrong password'
else
    echo 'left out: AUTH, which needs sasl2-bin and libsasl2-modules'
fi
