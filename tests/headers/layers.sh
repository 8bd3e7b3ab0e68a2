#!/bin/sh
# layers.sh DIRECTORY TABLE DOCUMENT: checks the preprocessor lines of the headers in DIRECTORY against TABLE (layers.txt).
#
#  - what is listed is there, and the table of DOCUMENT (docs/design.md) names it in the same layer, but for detail/;
#  - a header is listed, and includes only headers that are listed above it, in quotes and relative;
#  - L0 to L5 include only the standard headers that the table allows, and nothing ever includes <cassert>;
#  - a header is guarded, by #pragma once or by a macro of its own;
#  - it leaves no macro behind, but for that guard and the version;
#  - the umbrella reaches every header of L0 to L5.
set -eu

cd "$1"
table=$2
document=$3

awk '
NR == FNR {
    if ($1 ~ /^L[0-9]$/) for (i = 2; i <= NF; ++i) if ($i !~ /\//) { name = $i; sub(/\.hpp$/, "", name); listed[$1 " " name] }
    next
}
/^\| L[0-9] / {
    split($0, cell, "|")
    n = split(cell[3], word, /[ ()]+/)
    for (i = 1; i <= n; ++i) if (word[i] != "" && word[i] !~ /\//) told[$2 " " word[i]]
}
END {
    for (name in listed) if (!(name in told)) { print FILENAME ": does not name " name; failed = 1 }
    for (name in told) if (!(name in listed)) { print FILENAME ": names " name; failed = 1 }
    exit failed
}' "$table" "$document"

find . -name '*.hpp' | sed 's|^\./||' | sort | xargs awk '
function fail(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; failed = 1 }

# "detail/../charset.hpp" -> "charset.hpp"
function normal(path) {
    sub(/^\.\//, "", path)
    while (sub(/[^\/]+\/\.\.\//, "", path)) { }
    return path
}

function end_of_header(   name) {
    if (header == "") return
    if (!once) { printf "%s: neither #pragma once nor a guard\n", header; failed = 1 }
    for (name in macros) {
        if (name == guard || name ~ /^SANSMTP_VERSION_(MAJOR|MINOR|PATCH)$/) continue
        printf "%s: the macro %s is left behind\n", header, name
        failed = 1
    }
}

function include(what,   target) {
    if (what ~ /^</) {
        gsub(/[<>]/, "", what)
        if (what ~ /^sansmtp\//) fail("own headers are included in quotes, by relative path")
        else if (what == "cassert" || what == "assert.h") fail("<" what "> is in no header")
        else if (layer[header] <= 5 && !(what in std) && !(what in guarded && depth > 0))
            fail("<" what "> is not for L" layer[header])
        return
    }
    gsub(/"/, "", what)
    target = header
    sub(/[^\/]*$/, what, target)
    target = normal(target)
    edges[header] = edges[header] " " target
    if (!(target in rank)) fail("\"" what "\" is not in the table")
    else if (rank[target] >= rank[header]) fail("\"" what "\" is not above this header in the table")
}

# The table comes first.
NR == FNR {
    if ($1 == "std") for (i = 2; i <= NF; ++i) std[$i]
    if ($1 == "guarded") for (i = 2; i <= NF; ++i) guarded[$i]
    if ($1 == "umbrella") umbrella = $2
    if ($1 ~ /^L[0-9]$/) for (i = 2; i <= NF; ++i) { rank[$i] = ++count; layer[$i] = substr($1, 2) + 0 }
    next
}

FNR == 1 {
    end_of_header()
    header = FILENAME
    there[header]
    once = directives = depth = 0
    guard = ""
    split("", macros)
    if (!(header in rank)) { fail("not in the table"); rank[header] = ++count; layer[header] = 6 }
}

/^[ \t]*#/ {
    line = $0
    sub(/^[ \t]*#[ \t]*/, "", line)
    split(line, word, /[ \t(]+/)
    ++directives
    if (word[1] == "pragma" && word[2] == "once") once = 1
    if (word[1] == "ifndef" && directives == 1) guard = word[2]
    if (word[1] == "define" && directives == 2 && word[2] == guard) {
        once = 1
        if (guard in guards) fail("the guard of " guards[guard] " again")
        guards[guard] = header
    }
    if (word[1] == "define") macros[word[2]]
    if (word[1] == "undef") delete macros[word[2]]
    if (word[1] ~ /^if/ && directives > 1) ++depth
    if (word[1] == "endif") --depth
    if (word[1] == "include") include(word[2])
}

END {
    end_of_header()
    for (header in rank) if (!(header in there)) { print header " is in the table and nowhere else"; failed = 1 }
    if (umbrella in there) {
        todo[last = 1] = umbrella
        for (next_one = 1; next_one <= last; ++next_one) {
            n = split(edges[todo[next_one]], target, " ")
            for (i = 1; i <= n; ++i) if (!(target[i] in reached)) { reached[target[i]]; todo[++last] = target[i] }
        }
        for (header in there) if (layer[header] <= 5 && !(header in reached)) {
            printf "%s: does not reach %s\n", umbrella, header
            failed = 1
        }
    }
    if (!failed) print count " headers keep to the table"
    exit failed
}' "$table"
