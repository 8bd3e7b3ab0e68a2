#!/bin/sh
# Exim relays mail to examples/server by SMTP (BDAT with QUIT behind it and then a FIN, or DATA) and by LMTP, and to
# examples/submission by STARTTLS and AUTH.
. "$(dirname -- "$0")/_lib.sh"
. "$here/_exim.sh"
make_messages
start_relays

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
never_users =
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
} >> "$conf"
"$exim" -C "$conf" -bV > "$scratch/exim.log" 2>&1 || skip "this Exim does not run here"

# relay FILE RECIPIENT...: gives Exim a message, which it sends before it returns. Its log is in exim.log.
relay() {
    file=$1
    shift
    tr -d '\r' < "$file" | timeout 60 "$exim" -C "$conf" -odf -oi -f sender@client.example "$@" \
        > "$scratch/exim.log" 2>&1 || die "Exim, $*"
    cat "$exim_log" >> "$scratch/exim.log" 2> /dev/null || true
}

for m in dots octets long; do
    for how in chunks data step; do
        relay "$scratch/$m" $how@test.example
        relayed "Exim, $how, $m" "$scratch/$m"
    done
done
for m in very_long last_line; do
    if [ $m = last_line ]; then file=$(completed "$scratch/$m"); else file=$scratch/$m; fi
    relay "$file" chunks@test.example
    relayed "Exim, chunks, $m" "$file"
done
grep -q '=> chunks@test.example .* K .*C="250 2.6.0' "$scratch/exim.log" || die "Exim sent no chunks"
{ printf 'Subject: large\r\n\r\n'; repeat 2000000 z | fold -w 76 | sed 's/$/\r/'; printf '\n'; } > "$scratch/large"
relay "$scratch/large" chunks@test.example
relayed "Exim, 2 MB in chunks" "$scratch/large"

relay "$scratch/dots" chunks1@test.example chunks2@elsewhere.example chunks3@test.example
relayed "Exim, one of three is refused" "$scratch/dots"
grep -q '\*\* chunks2@elsewhere.example .*550 5.7.1' "$scratch/exim.log" || die "no 550 for chunks2"
relay "$scratch/dots" lmtp1@test.example lmtp2@test.example
relayed "Exim, LMTP, two recipients" "$scratch/dots"
[ "$(grep -c '[-=]> lmtp[12]@test.example .*C="250 2.6.0' "$scratch/exim.log")" -eq 2 ] || die "LMTP: not two replies"

[ -n "$submission_port" ] || exit 0
relay "$scratch/octets" tls@elsewhere.example
relayed "Exim, STARTTLS and AUTH" "$scratch/octets"
by_type ESMTPSA
