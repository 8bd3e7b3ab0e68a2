#!/bin/sh
# Postfix's smtp-source, ten sessions at once, against examples/server: every message arrives, whole.
. "$(dirname -- "$0")/_lib.sh"
need smtp-source timeout

start_server smtp
timeout 60 smtp-source -s 10 -m 100 -l 4096 -f a@test.example -t user@test.example "inet:127.0.0.1:$port" || die "smtp-source"
[ "$(find "$mail" -name '*.eml' | wc -l)" -eq 100 ] || die "not 100 messages"
echo "ok: smtp-source, 100 messages in 10 sessions"
rm "$mail"/*.eml
timeout 60 smtp-source -d -s 10 -m 100 -l 100000 -f a@test.example -t user@test.example "inet:127.0.0.1:$port" || die "smtp-source -d"
[ "$(find "$mail" -name '*.eml' -size +97k | wc -l)" -eq 100 ] || die "not 100 messages of 100 kB"
echo "ok: smtp-source, sessions kept open, 100 kB"
