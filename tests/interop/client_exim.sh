#!/bin/sh
# examples/submit delivers to Exim, which watches that nobody speaks out of turn: by DATA and by BDAT, in clear and by
# STARTTLS, with AUTH. Nothing is delivered further: what arrived, and what was asked by DSN, is read from Exim's spool.
. "$(dirname -- "$0")/_lib.sh"
need_proc
need_submit
. "$here/_exim.sh"
make_messages
make_certificate certificate
chown mail "$scratch/certificate.key"

free_port
cat >> "$conf" << END
local_interfaces = 127.0.0.1
daemon_smtp_ports = $port
queue_only
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = $scratch/certificate
tls_privatekey = $scratch/certificate.key
dsn_advertise_hosts = *
chunking_advertise_hosts = *
auth_advertise_hosts = *
acl_smtp_rcpt = acl_rcpt
begin acl
acl_rcpt:
  deny    local_parts = refused
          message     = 5.1.1 No such user
  defer   local_parts = later
          message     = 4.2.0 Not now
  accept
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{\$auth2}{tester}}{eq{\$auth3}{secret}}}}
  server_set_id = \$auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = \${if and{{eq{\$auth1}{tester}}{eq{\$auth2}{secret}}}}
  server_set_id = \$auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = \${if eq{\$auth1}{tester}{secret}fail}
  server_set_id = \$auth1
END
start exim "$exim" -C "$conf" -bdf
wait_until listens "$port"

# spooled WHAT FILE: the message that the client was just told the id of is in the spool, behind the Subject as it was sent.
# Its envelope and header go to $envelope.
spooled() {
    id=$(sed -n 's/.* id=\([0-9A-Za-z-]*\)$/\1/p' "$scratch/client.log" | head -n 1)
    envelope=$scratch/spool/input/$id-H
    [ -f "$envelope" ] || die "$1: not in the spool: '$id'"
    tr -d '\r' < "$2" | sed '1,/^$/d' > "$scratch/wanted" # the body: the header stands in the other file
    tail -n +2 "$scratch/spool/input/$id-D" > "$scratch/got"
    same "Exim, $1" "$scratch/wanted" "$scratch/got"
}

submit_every_way spooled

client 75 127.0.0.1 "$port" '' refused@test.example a@test.example later@test.example < "$scratch/dots"
said '<refused@test.example>: refused: 550 5.1.1 '
said '<a@test.example>: delivered: 250 OK '
said '<later@test.example>: try again: 451 4.2.0 '

# In the spool there are xtext and bits: RET=HDRS is 2; of NOTIFY success is 1 and failure 2 [RFC 3461].
submit 0 --tls never --dsn 'id 1+2' 127.0.0.1 "$port" sender@test.example 'us+er@test.example' < "$scratch/dots"
spooled 'DSN' "$scratch/dots"
for line in '-dsn_envid id+201+2B2' '-dsn_ret 2' 'us+er@test.example rfc822;us+2Ber@test.example 27,'
do
    grep -qF -- "$line" "$envelope" || { cat "$envelope"; die "DSN: not in the spool: $line"; }
done
echo 'ok: Exim, DSN in the spool'

SUBMIT_PASSWORD=secret
export SUBMIT_PASSWORD
for mechanism in PLAIN LOGIN CRAM-MD5; do
    submit 0 --ca "$scratch/certificate" --user tester --mechanisms $mechanism 127.0.0.1 "$port" \
        sender@test.example user@test.example < "$scratch/dots"
    spooled "AUTH $mechanism" "$scratch/dots"
    grep -q '^-*auth_id tester$' "$envelope" || die "$mechanism was not used"
done
SUBMIT_PASSWORD=wrong
submit 75 --ca "$scratch/certificate" --user tester 127.0.0.1 "$port" sender@test.example user@test.example < "$scratch/dots"
said '<user@test.example>: try again: 535 '
echo 'ok: Exim, a wrong password'
