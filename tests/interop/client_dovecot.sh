#!/bin/sh
# examples/submit delivers to Dovecot by LMTP, which gives a verdict for each recipient: by DATA and by BDAT, in clear and
# by STARTTLS.
. "$(dirname -- "$0")/_lib.sh"
need_rare dovecot doveconf
need_root "only root can start Dovecot as other users"
need_proc
need_submit
make_messages
make_certificate certificate
chmod 755 "$scratch"
mkdir -p "$scratch/run" "$scratch/state" "$scratch/mail"
chown mail "$scratch/mail"
for user in user other; do echo "$user:::::::userdb_quota_rule=*:storage=100M"; done > "$scratch/users"
echo 'full:::::::userdb_quota_rule=*:bytes=10' >> "$scratch/users"

free_port
cat > "$scratch/conf" << END
base_dir = $scratch/run
state_dir = $scratch/state
log_path = $scratch/dovecot.log
protocols = lmtp
listen = 127.0.0.1
hostname = lmtp.test.example
mail_location = maildir:$scratch/mail/%n
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
first_valid_gid = 1
mail_plugins = quota
plugin {
  quota = maildir:User quota
}
ssl = yes
ssl_cert = <$scratch/certificate
ssl_key = <$scratch/certificate.key
auth_username_format = %n
passdb {
  driver = passwd-file
  args = $scratch/users
}
userdb {
  driver = passwd-file
  args = $scratch/users
  default_fields = home=$scratch/mail/%n uid=mail gid=mail
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = $port
  }
}
protocol lmtp {
  mail_plugins = quota
}
lmtp_rcpt_check_quota = no
END
doveconf -c "$scratch/conf" > /dev/null
start start dovecot -F -c "$scratch/conf"
wait_until listens "$port"

# stored WHAT FILE USER: the user has one message, which ends in that file; Dovecot has put lines of its own in front, and
# writes LF. Takes it away.
stored() {
    wanted=$2
    set -- "$1" "$scratch/mail/$3/new"/*
    if [ $# -ne 2 ] || [ ! -f "$2" ]; then die "$1: not one message was stored, but: $*"; fi
    tr -d '\r' < "$wanted" > "$scratch/wanted"
    tail -c "$(wc -c < "$scratch/wanted")" "$2" > "$scratch/got"
    same "Dovecot, $1" "$scratch/wanted" "$scratch/got"
    rm "$2"
}

for m in dots octets long very_long blank one_dot last_line; do
    for how in '--tls never' '--tls never --bdat' "--ca $scratch/certificate --bdat"; do
        # shellcheck disable=SC2086 # several words
        submit 0 --lmtp $how 127.0.0.1 "$port" sender@test.example user@test.example other@test.example < "$scratch/$m"
        wanted=$scratch/$m
        if [ "$m" = last_line ] && [ "$how" = '--tls never' ]; then wanted=$(completed "$wanted"); fi
        stored "$how, $m, first" "$wanted" user
        stored "$how, $m, second" "$wanted" other
    done
done

for how in '' --bdat; do
    # shellcheck disable=SC2086 # a word or none
    submit 69 --lmtp --tls never $how 127.0.0.1 "$port" '' full@test.example nobody@test.example user@test.example \
        < "$scratch/dots"
    said '<full@test.example>: refused: 552 5.2.2 '
    said '<nobody@test.example>: refused: 550 5.1.1 '
    said '<user@test.example>: delivered: 250 2.0.0 '
    stored "a verdict for each, $how" "$scratch/dots" user
done
