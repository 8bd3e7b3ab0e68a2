# Postfix with a configuration, queue and log of its own, for the scripts that source it behind _lib.sh: nobody sees
# /etc/postfix. Its master runs as root. Scripts write their share into $conf, then start it.
#
# shellcheck shell=sh disable=SC2034,SC2154 # what is set here is used there, and the other way round
need postfix postconf timeout
need_root "only root can start Postfix"
conf=$scratch/conf
postfix_log=$scratch/mail.log # it writes it by itself
mkdir -p "$conf/sasl" "$scratch/queue" "$scratch/data"
chmod 755 "$scratch" "$conf"
chown postfix "$scratch/data"
chmod 700 "$scratch/data"
daemons=$(postconf -d -h daemon_directory)

cat > "$conf/main.cf" << END
compatibility_level = 3.6
queue_directory = $scratch/queue
data_directory = $scratch/data
daemon_directory = $daemons
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = $postfix_log
maillog_file_prefixes = $scratch
import_environment = MAIL_CONFIG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME
myhostname = postfix.test.example
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
alias_database =
END
cat > "$conf/master.cf" << 'END'
pickup     unix       n  -  n  60    1  pickup
cleanup    unix       n  -  n  -     0  cleanup
qmgr       unix       n  -  n  300   1  qmgr
tlsmgr     unix       -  -  n  1000? 1  tlsmgr
rewrite    unix       -  -  n  -     -  trivial-rewrite
bounce     unix       -  -  n  -     0  bounce
defer      unix       -  -  n  -     0  bounce
trace      unix       -  -  n  -     0  bounce
proxymap   unix       -  -  n  -     -  proxymap
smtp       unix       -  -  n  -     -  smtp
lmtp       unix       -  -  n  -     -  lmtp
error      unix       -  -  n  -     -  error
retry      unix       -  -  n  -     -  error
discard    unix       -  -  n  -     -  discard
anvil      unix       -  -  n  -     1  anvil
scache     unix       -  -  n  -     1  scache
postlog    unix-dgram n  -  n  -     1  postlogd
END

start_postfix() {
    postfix -c "$conf" check # makes the directories of the queue
    start postfix "$daemons/master" -c "$conf" -d
    wait_until test -S "$scratch/queue/public/pickup"
}
