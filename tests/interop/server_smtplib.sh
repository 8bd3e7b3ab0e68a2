#!/bin/sh
# Python's smtplib and lmtplib send mail to examples/server.
. "$(dirname -- "$0")/_lib.sh"
need python3 timeout
make_messages
start_server smtp

for m in $messages; do
    timeout 30 python3 "$here/_smtplib.py" smtp "$port" "$scratch/$m" || die "smtplib, $m"
    arrived "smtplib, $m" "$scratch/$m"
done
for m in last_line empty; do # smtplib ends an empty message as a line
    timeout 30 python3 "$here/_smtplib.py" smtp "$port" "$scratch/$m" || die "smtplib, $m"
    arrived "smtplib, $m" "$(completed "$scratch/$m")"
done

start_server lmtp
timeout 30 python3 "$here/_smtplib.py" lmtp "$port" "$scratch/dots" || die "smtplib, LMTP"
arrived "smtplib, LMTP" "$scratch/dots"
