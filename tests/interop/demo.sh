#!/bin/sh
# The demo prints what the README says, but for the name of the file.
. "$(dirname -- "$0")/_lib.sh"
need timeout
TMPDIR=$scratch timeout 30 "$examples/loopback" > "$scratch/demo" || die "the demo"
# The first block of the README that says nothing about its language.
awk '/^```$/ { if (++fences == 2) exit; next } fences' "$here/../../README.md" > "$scratch/readme"
for f in demo readme; do sed 's, octets in [^ ]*/sansmtp-......: , octets in FILE: ,' "$scratch/$f" > "$scratch/$f.plain"; done
diff "$scratch/readme.plain" "$scratch/demo.plain" || die "the README does not say what the demo prints"
[ -s "$scratch/readme.plain" ] || die "the README says nothing"
echo "ok: $(grep -c . "$scratch/readme.plain") lines"
