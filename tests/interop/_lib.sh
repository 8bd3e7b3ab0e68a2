# Shared by the scripts here, which source it: a scratch directory, messages, and peers that are gone at the end.
#
# EXAMPLES_DIR is where the examples were built. Everything listens on 127.0.0.1, at ports that were free. A script exits
# with 77 where its peer is not installed, and with 1 at the first thing that is not as it must be.
#
# shellcheck shell=sh disable=SC2034,SC2119,SC2120 # what is set here is used there; options are given there
set -eu
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
examples=$(CDPATH='' cd -- "${EXAMPLES_DIR:?is the directory where the examples were built}" && pwd)

scratch=$(mktemp -d)
peers=
clean_up() {
    status=$?
    trap - EXIT
    for pid in $peers; do kill "$pid" 2> /dev/null || true; done
    if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then
        for log in "$scratch"/*.log; do [ ! -s "$log" ] || { echo "---- ${log##*/}"; tail -n 40 "$log" | cut -c 1-200; } done
    fi
    rm -rf "$scratch"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

die() {
    echo "FAILED: $*"
    exit 1
}

# skip WHY. With INTEROP_REQUIRED set to anything, nothing is skipped: what is missing is a failure.
skip() {
    echo "skipped: $*"
    [ -z "${INTEROP_REQUIRED:-}" ] || exit 1
    exit 77
}

# need COMMAND...: skips the test unless all of them are there.
need() {
    for command in "$@"; do
        command -v "$command" > /dev/null 2>&1 || skip "there is no $command here"
    done
}

# need_rare COMMAND...: the same for peers that are not installed for every test; they are never a failure.
need_rare() {
    for command in "$@"; do
        command -v "$command" > /dev/null 2>&1 || { echo "skipped: there is no $command here"; exit 77; }
    done
}

need_root() {
    [ "$(id -u)" -eq 0 ] || skip "$*"
}
# For `listens`.
need_proc() {
    [ -r /proc/net/tcp ] || skip "there is no /proc/net/tcp here"
}
# examples/submit, and what makes its certificates.
need_submit() {
    need timeout openssl
    [ -x "$examples/submit" ] || skip "examples/submit was not built: it needs OpenSSL"
}
# Sets `python` to one that has it.
need_aiosmtpd() {
    for python in python3 /usr/bin/python3 none; do
        if "$python" -c 'import aiosmtpd' 2> /dev/null; then break; fi
    done
    [ "$python" != none ] || skip "there is no aiosmtpd here"
}

# start NAME COMMAND...: runs a peer in the background, its output in NAME.log. It ends by itself if this script is killed.
start() {
    log=$scratch/$1.log
    shift
    : > "$log" # now: what an older peer said of its port is not for us
    timeout 110 "$@" > "$log" 2>&1 < /dev/null &
    peer=$!
    peers="$peers $peer"
}

# wait_until COMMAND...: calls it until it succeeds, for ten seconds, while the last peer lives.
wait_until() {
    tries=0
    until "$@"; do
        kill -0 "$peer" 2> /dev/null || die "the peer ended before '$*'"
        tries=$((tries + 1))
        [ $tries -lt 200 ] || die "waited in vain for '$*'"
        sleep 0.05
    done
}

# For peers that say "... port N" once they listen: sets `port`.
read_port() {
    port=$(sed -n 's/.* port \([0-9][0-9]*\)$/\1/p' "$log")
    [ -n "$port" ]
}

# start_server smtp|lmtp: examples/server for test.example, its mail in $mail.
start_server() {
    mail=$scratch/mail
    mkdir -p "$mail"
    if [ "$1" = lmtp ]; then set -- --lmtp; else set --; fi
    start server "$examples/server" "$@" 0 "$mail" test.example
    wait_until read_port
}

# start_submission OPTION...: examples/submission for the user tim, its mail in $mail.
start_submission() {
    mail=$scratch/mail
    mkdir -p "$mail"
    start submission "$examples/submission" "$@" 0 "$mail" tim secret-1 mx.test.example
    wait_until read_port
}

# start_relays: for clients that relay mail. Sets $smtp_port, $lmtp_port and, if examples/submission was built,
# $submission_port.
start_relays() {
    start_server smtp
    smtp_port=$port
    start_server lmtp
    lmtp_port=$port
    submission_port=
    [ -x "$examples/submission" ] || return 0
    start_submission
    submission_port=$port
}

# Whether something listens on 127.0.0.1:$1. No connection is made: it would count as a session.
listens() {
    grep -q "^ *[0-9]*: 0100007F:$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp
}

# free_port: sets `port` to one that nobody listens on.
free_port() {
    port=$((20000 + $$ % 10000))
    while listens "$port"; do port=$((port + 1)); done
}

# Messages as they are on the wire but for the dots: every line ends in CRLF. $messages are their names; last_line and
# empty are apart, since not every program can send those.
make_messages() {
    printf 'Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.x\r\n. x\r\n..x\r\nx.\r\n.\r\n\r\n.\r\n' > "$scratch/dots"
    printf 'Subject: octets\r\n\r\nGr\303\274n \342\202\254\r\n\377\376\200\r\n\ttab\r\n' > "$scratch/octets"
    { printf 'Subject: long\r\n\r\n.'; repeat 997 x; printf '\r\n'; repeat 998 y; printf '\r\n'; } > "$scratch/long"
    { printf 'Subject: very long\r\n\r\n.'; repeat 100000 .; printf '\r\n.\r\n'; } > "$scratch/very_long"
    printf '\r\n\r\n\r\n' > "$scratch/blank"
    printf '.\r\n' > "$scratch/one_dot"
    printf 'Subject: cut\r\n\r\n.no line end' > "$scratch/last_line"
    : > "$scratch/empty"
    messages='dots octets long very_long blank one_dot'
}

repeat() {
    head -c "$1" /dev/zero | tr '\0' "$2"
}

# same WHAT FILE FILE
same() {
    cmp -- "$2" "$3" || die "$1: what arrived is not what was sent"
    echo "ok: $1"
}

# arrived WHAT FILE: the server has stored exactly one message, and it is that file. Takes it away.
arrived() {
    set -- "$1" "$2" "$mail"/*.eml
    if [ $# -ne 3 ] || [ ! -f "$3" ]; then die "$1: not one message was stored, but: $*"; fi
    same "$1" "$2" "$3"
    rm "$3"
}

# relayed WHAT FILE: the same, of what stands behind the header: relays add fields of their own. It may come later.
relayed() {
    wait_until stored_one
    sed '1,/^\r$/d' "$2" > "$scratch/sent"
    sed '1,/^\r$/d' "$mail"/*.eml > "$scratch/stored"
    same "$1" "$scratch/sent" "$scratch/stored"
    rm "$mail"/*.eml
}
stored_one() {
    [ "$(find "$mail" -name '[0-9]*.eml' | wc -l)" -eq 1 ]
}

# by_type TYPE: the last message came to examples/submission by that protocol type.
by_type() {
    tail -n 1 "$scratch/submission.log" | grep -q ", by $1\$" || die "not by $1: $(tail -n 1 "$scratch/submission.log")"
}

# With the line end that every transport gives to a last line that has none.
completed() {
    { cat "$1"; printf '\r\n'; } > "$1.completed"
    echo "$1.completed"
}

# client STATUS ARGUMENT..., submit STATUS ARGUMENT...: runs that example, which must end with that status; what it says
# goes to client.log.
client() { ends_with client "$@"; }
submit() { ends_with submit "$@"; }
ends_with() {
    program=$1
    expected=$2
    shift 2
    status=0
    timeout 60 "$examples/$program" "$@" > "$scratch/client.log" 2>&1 || status=$?
    [ "$status" -eq "$expected" ] || die "$program $*: exit status $status, not $expected"
}

# make_certificate NAME: one for 127.0.0.1 that signs itself, in $scratch/NAME; its key is in NAME.key.
make_certificate() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test.example -addext subjectAltName=IP:127.0.0.1 \
        -keyout "$scratch/$1.key" -out "$scratch/$1" 2> /dev/null
}

# said TEXT: the client said so, in a line of its own.
said() {
    grep -q -- "^$1" "$scratch/client.log" || die "the client did not say: $1"
}

# submit_every_way FOUND: messages to a server at $port that stores lines, by DATA, by BDAT, and by BDAT in TLS, where its
# certificate is $scratch/certificate. FOUND WHAT FILE is called behind each, to see that it is there.
submit_every_way() {
    for m in dots octets long very_long last_line; do
        wanted=$scratch/$m
        [ "$m" != last_line ] || wanted=$(completed "$wanted")
        client 0 127.0.0.1 "$port" sender@test.example user@test.example other@test.example < "$scratch/$m"
        "$1" "$m" "$wanted"
        submit 0 --tls never --bdat 127.0.0.1 "$port" sender@test.example user@test.example < "$scratch/$m"
        "$1" "BDAT, $m" "$wanted"
        submit 0 --ca "$scratch/certificate" --bdat 127.0.0.1 "$port" '' user@test.example < "$scratch/$m"
        "$1" "STARTTLS, BDAT, $m" "$wanted"
    done
}

# swaks_file FILE SWAKS-ARGUMENT...: what swaks is given is already in the form of the wire, so it changes nothing.
swaks_file() {
    { sed 's/^\./../' "$1"; printf '.\r\n'; } > "$scratch/wire"
    shift
    timeout 30 swaks --silent 1 --server 127.0.0.1 --port "$port" --helo swaks.test.example --from sender@test.example \
        --data "@$scratch/wire" --no-data-fixup "$@" > "$scratch/swaks.log" 2>&1
}
