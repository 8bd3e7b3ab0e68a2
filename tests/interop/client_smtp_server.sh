#!/bin/sh
# examples/submit delivers to Nodemailer's smtp-server, which pipelines and knows DSN and XOAUTH2: by SMTP and LMTP, by
# STARTTLS and implicit TLS. NODE_PATH is where node finds it: npm install --prefix DIR smtp-server@3, DIR/node_modules.
. "$(dirname -- "$0")/_lib.sh"
need_rare node
node -e 'require("smtp-server")' 2> /dev/null || { echo 'skipped: node finds no smtp-server'; exit 77; }
need_submit
make_messages
make_certificate certificate

# with PROTOCOL: starts it.
with() {
    start smtp-server node "$here/_smtp_server.js" "$1" "$scratch/certificate" "$scratch/certificate.key" "$scratch/stored"
    wait_until read_port
}
# stored WHAT FILE: the message is there. Takes it away.
stored() {
    same "smtp-server, $1" "$2" "$scratch/stored"
    rm "$scratch/stored"
}
# came WHAT: that stands in what came with the message.
came() {
    grep -qF -- "$1" "$scratch/stored.envelope" || { cat "$scratch/stored.envelope"; die "smtp-server did not see $1"; }
}

for protocol in smtp lmtp; do
    with $protocol
    option=
    [ $protocol = smtp ] || option=--lmtp
    for m in $messages empty last_line; do
        wanted=$scratch/$m
        [ "$m" != last_line ] || wanted=$(completed "$wanted")
        client 0 $option 127.0.0.1 "$port" sender@test.example user@test.example other@test.example < "$scratch/$m"
        stored "$protocol, $m" "$wanted"
        submit 0 $option --ca "$scratch/certificate" 127.0.0.1 "$port" '' user@test.example < "$scratch/$m"
        stored "$protocol, STARTTLS, $m" "$wanted"
        came '"secure":true'
    done
    if [ $protocol = smtp ]; then full=b@test.example; else full=full@test.example; fi
    client 75 $option 127.0.0.1 "$port" '' a@test.example refused@test.example $full later@test.example < "$scratch/dots"
    said '<a@test.example>: delivered: 250 '
    said '<refused@test.example>: refused: 550 '
    [ $protocol = smtp ] || said '<full@test.example>: refused: 552 '
    said '<later@test.example>: try again: 450 '
    stored "$protocol, some of four" "$scratch/dots"
    submit 0 $option --tls never --dsn 'id 1+2' 127.0.0.1 "$port" sender@test.example 'us+er@test.example' < "$scratch/dots"
    came '"RET":"HDRS","ENVID":"id 1+2"'
    came '"NOTIFY":"SUCCESS,FAILURE","ORCPT":"rfc822;us+er@test.example"'
    stored "$protocol, DSN" "$scratch/dots"
done

for protocol in smtp smtps; do
    with $protocol
    how=starttls
    [ $protocol = smtp ] || how=implicit
    for mechanism in PLAIN LOGIN CRAM-MD5 XOAUTH2; do
        SUBMIT_PASSWORD=secret
        [ $mechanism != XOAUTH2 ] || SUBMIT_PASSWORD=token
        export SUBMIT_PASSWORD
        set -- --tls $how --ca "$scratch/certificate" --user tester --mechanisms $mechanism 127.0.0.1 "$port" \
            sender@test.example user@test.example
        submit 0 "$@" < "$scratch/dots"
        came "\"user\":\"$mechanism\""
        stored "$how, $mechanism" "$scratch/dots"
        SUBMIT_PASSWORD=wrong
        submit 75 "$@" < "$scratch/dots"
        said '<user@test.example>: try again: 535 '
    done
done
