#!/bin/sh
# Exim relays mail to examples/server by SMTP (BDAT with QUIT behind it and then a FIN, or DATA) and by LMTP, and to
# examples/submission by STARTTLS and AUTH.
#
# Debian does not install Exim beside Postfix, so it may be anywhere: EXIM=/path/to/exim4. It has a configuration, spool
# and log of its own.
. "$(dirname -- "$0")/_lib.sh"
exim=${EXIM:-exim4}
if ! command -v "$exim" > /dev/null 2>&1; then
    echo "skipped: there is no Exim here"
    exit 77 # not even asked for by INTEROP_REQUIRED
fi
need timeout
[ "$(id -u)" -eq 0 ] || skip "Exim's configuration is not its own one: it needs root"
exim=$(command -v "$exim")
make_messages
chmod 755 "$scratch"
mkdir "$scratch/spool" "$scratch/exim"
chown mail:mail "$scratch/spool" "$scratch/exim"

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

# A router and a transport: the local part of a recipient begins with the name.
route() {
    name=$1
    cat >> "$scratch/routers" <<C
$name:
  driver = manualroute
  local_parts = ^$name
  self = send
  route_list = * 127.0.0.1 byname
  transport = $name
C
    { printf '%s:\n  driver = smtp\n  allow_localhost\n  command_timeout = 20s\n  message_linelength_limit = 1000000\n' "$name"; shift; printf '  %s\n' "$@"; } >> "$scratch/transports"
}
: > "$scratch/routers"
: > "$scratch/transports"
route chunks "port = $smtp_port"
route data "port = $smtp_port" 'hosts_try_chunking ='
route step "port = $smtp_port" 'hosts_try_chunking =' 'hosts_avoid_pipelining = *'
route lmtp "port = $lmtp_port" 'protocol = lmtp'
route tls "port = ${submission_port:-1}" 'hosts_require_tls = *' 'hosts_require_auth = *' 'tls_verify_hosts =' 'tls_try_verify_hosts ='
{
    cat <<C
exim_path = $exim
exim_user = mail
exim_group = mail
spool_directory = $scratch/spool
log_file_path = $scratch/exim/%s
primary_hostname = exim.test.example
never_users =
host_lookup =
keep_environment = PATH
message_size_limit = 20M
log_selector = +all -arguments
begin routers
none:
  driver = manualroute
  domains = client.example
  route_list = * 127.0.0.1
  transport = none
C
    cat "$scratch/routers"
    printf 'begin transports\nnone:\n  driver = appendfile\n  file = /dev/null\n  user = mail\n'
    cat "$scratch/transports"
    printf 'begin authenticators\nplain:\n  driver = plaintext\n  public_name = PLAIN\n  client_send = ^tim^secret-1\n'
} > "$scratch/configuration"
"$exim" -C "$scratch/configuration" -bV > "$scratch/exim.log" 2>&1 || skip "this Exim does not run here"

# relay FILE RECIPIENT...: gives Exim a message, which it sends before it returns. Its log is in exim.log.
relay() {
    file=$1
    shift
    tr -d '\r' < "$file" | timeout 60 "$exim" -C "$scratch/configuration" -odf -oi -f sender@client.example "$@" \
        > "$scratch/exim.log" 2>&1 || die "Exim, $*"
    cat "$scratch/exim/main" >> "$scratch/exim.log" 2> /dev/null || true
}

# came WHAT FILE: one message was delivered, whose content behind the header is that of the file. Takes it away.
came() {
    [ "$(find "$mail" -name '[0-9]*.eml' | wc -l)" -eq 1 ] || die "$1: not one message was stored"
    sed '1,/^\r$/d' "$2" > "$scratch/sent"
    sed '1,/^\r$/d' "$mail"/[0-9]*.eml > "$scratch/stored"
    same "$1" "$scratch/sent" "$scratch/stored"
    rm "$mail"/[0-9]*.eml
}

for m in dots octets long; do
    for how in chunks data step; do
        relay "$scratch/$m" $how@test.example
        came "Exim, $how, $m" "$scratch/$m"
    done
done
for m in very_long last_line; do
    if [ $m = last_line ]; then file=$(completed "$scratch/$m"); else file=$scratch/$m; fi
    relay "$file" chunks@test.example
    came "Exim, chunks, $m" "$file"
done
grep -q '=> chunks@test.example .* K .*C="250 2.6.0' "$scratch/exim.log" || die "Exim sent no chunks"
{ printf 'Subject: large\r\n\r\n'; repeat 2000000 z | fold -w 76 | sed 's/$/\r/'; printf '\n'; } > "$scratch/large"
relay "$scratch/large" chunks@test.example
came "Exim, 2 MB in chunks" "$scratch/large"

relay "$scratch/dots" chunks1@test.example chunks2@elsewhere.example chunks3@test.example
came "Exim, one of three is refused" "$scratch/dots"
grep -q '\*\* chunks2@elsewhere.example .*550 5.7.1' "$scratch/exim.log" || die "no 550 for chunks2"
relay "$scratch/dots" lmtp1@test.example lmtp2@test.example
came "Exim, LMTP, two recipients" "$scratch/dots"
[ "$(grep -c '[-=]> lmtp[12]@test.example .*C="250 2.6.0' "$scratch/exim.log")" -eq 2 ] || die "LMTP: not two replies"

[ -n "$submission_port" ] || exit 0
relay "$scratch/octets" tls@elsewhere.example
came "Exim, STARTTLS and AUTH" "$scratch/octets"
tail -n 1 "$scratch/submission.log" | grep -q ', by ESMTPSA$' || die "not by ESMTPSA"
