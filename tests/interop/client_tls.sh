#!/bin/sh
# examples/submit delivers to aiosmtpd, by STARTTLS and by implicit TLS, with AUTH PLAIN and LOGIN.
. "$(dirname -- "$0")/_lib.sh"
need_submit
need_aiosmtpd
make_messages
make_certificate certificate
make_certificate other

# send STATUS ARGUMENT...: message $m by examples/submit, with those options.
send() {
    expected=$1
    shift
    submit "$expected" "$@" 127.0.0.1 "$port" sender@test.example user@test.example < "$scratch/$m"
}

export SUBMIT_PASSWORD=secret
for how in starttls implicit; do
    start aiosmtpd "$python" "$here/_aiosmtpd_tls.py" $how "$scratch/certificate" "$scratch/certificate.key" "$scratch/stored"
    wait_until read_port
    set -- --tls $how --ca "$scratch/certificate"
    for m in dots octets blank one_dot empty; do
        send 0 "$@" --user tester
        said '<user@test.example>: delivered: 250 2.0.0 Stored$'
        same "aiosmtpd, $how, $m" "$scratch/$m" "$scratch/stored"
        rm "$scratch/stored"
    done
    m=dots
    for mechanism in PLAIN LOGIN; do
        send 0 "$@" --user tester --mechanisms $mechanism
        same "aiosmtpd, $how, $mechanism" "$scratch/$m" "$scratch/stored"
        rm "$scratch/stored"
    done
    send 75 "$@" --user nobody
    said '<user@test.example>: try again: 535 '
    send 69 "$@"
    said '<user@test.example>: refused: 530 '
    send 75 "$@" --user tester --mechanisms SCRAM-SHA-256
    said '<user@test.example>: try again: the SASL mechanism is not offered$'
    send 75 --tls $how --ca "$scratch/other" --user tester # a certificate that nobody vouches for
    [ ! -f "$scratch/stored" ] || die "$how: a message was stored that must not leave"
    echo "ok: aiosmtpd, $how, nothing leaves without AUTH, or to a server that is not known"
done
