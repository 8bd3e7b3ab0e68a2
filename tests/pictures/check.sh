#!/bin/sh
# check.sh PROGRAM DIRECTORY: the pictures of the transition table are those that PROGRAM prints.
#
# Compares each DIRECTORY/NAME.dot with the program's output, and the arrows of NAME.svg with those of NAME.dot: the rest
# of an SVG depends on the version of Graphviz. After a change of the table:
#
#   for name in server client content; do
#       build/tests/states $name > docs/states/$name.dot && dot -Tsvg docs/states/$name.dot -o docs/states/$name.svg
#   done
set -eu
program=$1
directory=$2
for name in server client content; do
    "$program" $name | diff "$directory/$name.dot" - || { echo "docs/states/$name.dot is not what the table says"; exit 1; }
    sed -n 's/^ *\([a-z_]*\) -> \([a-z_]*\) .*/\1 \2/p' "$directory/$name.dot" | sort > "$name.arrows"
    sed -n 's/^<title>\([a-z_]*\)&#45;&gt;\([a-z_]*\)<\/title>$/\1 \2/p' "$directory/$name.svg" | sort | diff "$name.arrows" - ||
        { echo "docs/states/$name.svg was not drawn from $name.dot"; exit 1; }
    echo "$name: $(wc -l < "$name.arrows") arrows"
done
