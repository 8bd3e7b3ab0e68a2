#!/bin/sh
# examples/client delivers to Postfix's smtp-sink, which can also be made to fail at every command.
. "$(dirname -- "$0")/_lib.sh"
need smtp-sink timeout
need_proc
make_messages

# As root it insists on another user, who must be able to write.
user=
if [ "$(id -u)" -eq 0 ]; then
    id postfix > /dev/null 2>&1 || skip "there is no user postfix here"
    user='-u postfix'
fi
chmod 711 "$scratch"
mkdir -m 777 "$scratch/dumps"
cd "$scratch" # what it is told of dumps is relative

# sink OPTION...: starts one; what it got is in dumps/.
sink() {
    free_port
    # shellcheck disable=SC2086 # two words or none
    start smtp-sink smtp-sink $user -4 "$@" -d dumps/m. "127.0.0.1:$port" 100
    wait_until listens "$port"
}
stop_sink() {
    kill "$peer"
    wait "$peer" 2> /dev/null || true
    rm -f "$scratch"/dumps/*
}

# dumped WHAT FILE: smtp-sink wrote lines of its own, ended by the date; then ours, each ended by LF; then an empty one.
dumped() {
    set -- "$1" "$2" "$scratch"/dumps/*
    if [ $# -ne 3 ] || [ ! -f "$3" ]; then die "$1: not one message arrived, but: $*"; fi
    sed '1,/^	.*(UTC)$/d' "$3" > "$scratch/got"
    { tr -d '\r' < "$2"; echo; } > "$scratch/wanted"
    same "$1" "$scratch/wanted" "$scratch/got"
    rm "$3"
}

# As it is; without pipelining; without its other extensions; EHLO refused; a greeting disguised by a firewall; a reply and
# the end of the dialogue that come late; LMTP.
for options in '' -p '-8 -a -E -N -C -F' -e -P '-w 1' '-p -W RCPT:1' -L; do
    # shellcheck disable=SC2086 # options or none
    sink $options
    protocol=
    [ "$options" != -L ] || protocol=--lmtp
    case $options in -[wp]*) some=dots ;; *) some="$messages empty last_line" ;; esac
    for m in $some; do
        case "$m $options" in "octets -8"* | "octets -e" | "octets -P")
            # shellcheck disable=SC2086
            client 69 $protocol 127.0.0.1 "$port" sender@test.example a@test.example < "$scratch/$m"
            said '<a@test.example>: refused: an octet over 127 '
            rm -f "$scratch"/dumps/m.*
            echo "ok: smtp-sink $options, $m: 8BITMIME is not offered, so nothing is delivered"
            continue
            ;;
        esac
        wanted=$scratch/$m
        [ "$m" != last_line ] || wanted=$(completed "$wanted")
        # shellcheck disable=SC2086
        client 0 $protocol 127.0.0.1 "$port" sender@test.example a@test.example b@test.example < "$scratch/$m"
        said '<a@test.example>: delivered: 250 '
        said '<b@test.example>: delivered: 250 '
        dumped "smtp-sink $options, $m" "$wanted"
    done
    stop_sink
done

# fails STATUS WORD SINK-OPTION...: what the client makes of it.
fails() {
    status=$1
    word=$2
    shift 2
    sink "$@"
    client "$status" 127.0.0.1 "$port" sender@test.example a@test.example b@test.example < "$scratch/dots"
    said "<a@test.example>: $word"
    said "<b@test.example>: $word"
    echo "ok: smtp-sink $*: $word"
    stop_sink
}

fails 0 delivered -f EHLO
fails 75 'try again' -f HELO,EHLO
fails 75 'try again' -f CONNECT
fails 75 'try again' -r CONNECT
fails 69 'refused: 500 5.3.0' -f MAIL
fails 75 'try again: 450 4.3.0' -r MAIL
fails 69 'refused: 500 5.3.0' -f RCPT
fails 75 'try again: 450 4.3.0' -r RCPT
fails 69 'refused: 500 5.3.0' -f DATA
fails 75 'try again: 450 4.3.0' -r DATA
fails 69 'refused: 500 5.3.0' -f .
fails 75 'try again: 450 4.3.0' -r .
fails 75 'try again' -q CONNECT
fails 75 'try again' -q EHLO
fails 75 'try again' -q MAIL
fails 75 'try again' -q RCPT
fails 75 'try again' -q DATA
fails 75 'in doubt' -q .
fails 75 'try again: 421 4.0.0' -Q CONNECT
fails 75 'try again: 421 4.0.0' -Q EHLO
fails 75 'try again: 421 4.0.0' -Q MAIL
fails 75 'try again: 421 4.0.0' -Q RCPT
fails 75 'try again: 421 4.0.0' -Q DATA
fails 75 'try again: 421 4.0.0' -Q .
fails 0 delivered -Q QUIT
fails 69 'refused: 554 5.7.1 go away' -f RCPT -B '554 5.7.1 go away'
fails 75 'try again: 451 4.7.1 come back' -r DATA -b '451 4.7.1 come back'
fails 69 'refused: 550' -A 0 # right behind the 354
fails 0 delivered -f QUIT
fails 0 delivered -q QUIT
