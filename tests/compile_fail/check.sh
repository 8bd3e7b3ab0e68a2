#!/bin/sh
# check.sh FILE COMPILER [FLAG...]: passes if FILE does not compile and the compiler says what FILE expects.
#
# The first line of FILE is `// expect: TEXT`, a text that the output of every compiler must contain: it proves that the
# file fails for its own reason. `// expect success` is for files that must compile: they prove that the others do not
# fail for a common one.
set -u
file=$1
shift

IFS= read -r line < "$file"
output=$("$@" -fsyntax-only "$file" 2>&1)
status=$?

verdict() {
    printf '%s\n%s: %s\n' "$output" "$file" "$2"
    exit "$1"
}

case $line in
'// expect success')
    [ "$status" -eq 0 ] && verdict 0 "compiles, as it must"
    verdict 1 "FAILED: it must compile" ;;
'// expect: '?*)
    text=${line#// expect: }
    [ "$status" -ne 0 ] || verdict 1 "FAILED: it compiles"
    printf '%s\n' "$output" | grep -qF -e "$text" || verdict 1 "FAILED: no '$text' in the compiler's output"
    verdict 0 "does not compile, as it must" ;;
*)
    verdict 1 "FAILED: its first line is neither '// expect: TEXT' nor '// expect success'" ;;
esac
