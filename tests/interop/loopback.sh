#!/bin/sh
# examples/loopback with every kind of message, and with 100 MB in little memory.
. "$(dirname -- "$0")/_lib.sh"
need timeout
TMPDIR=$scratch
export TMPDIR
make_messages
printf 'a\nb\n.\n' > "$scratch/lf"
printf 'a\rb\r\r\n.\r.\n.\r\n' > "$scratch/mixed"
printf 'a\0b\r\n.\0\r\n' > "$scratch/nul"

for m in $messages empty last_line lf mixed nul; do
    timeout 30 "$examples/loopback" "$scratch/$m" > "$scratch/loopback.log" 2>&1 || die "loopback, $m"
    file=$(sed -n 's/^[0-9]* octets in \(.*\): equal to what was sent$/\1/p' "$scratch/loopback.log")
    case $m in
    last_line) same "loopback, $m" "$(completed "$scratch/$m")" "$file" ;;
    lf | mixed) echo "ok: loopback, $m" ;; # it compares with what that must become
    *) same "loopback, $m" "$scratch/$m" "$file" ;;
    esac
    rm "$file"
    timeout 30 "$examples/loopback" - < "$scratch/$m" > "$scratch/loopback.log" 2>&1 || die "loopback -, $m"
done
if timeout 30 "$examples/loopback" "$scratch" > /dev/null 2>&1; then die "a directory is no message"; fi

# 100 MB with dots everywhere, from a pipe. Its memory is bounded where the program runs in such bounds at all, which one
# with sanitizers does not.
# shellcheck disable=SC3045 # what dash, bash and busybox know; others go without
if (ulimit -v 100000 && exec "$examples/loopback") > /dev/null 2>&1; then most='ulimit -v 100000'; else most=:; fi
(
    $most
    awk 'BEGIN { for (i = 0; i < 2000000; ++i) print "..................................................", i }' < /dev/null |
        head -c 104857600 | timeout 60 "$examples/loopback" -
) > "$scratch/loopback.log" 2>&1 || die "loopback, 100 MB"
grep '^1[0-9]* octets in ' "$scratch/loopback.log" || die "loopback, 100 MB: too few"
echo "ok: loopback, 100 MB ($most)"
