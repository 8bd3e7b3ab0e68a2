#!/bin/sh
# examples/client delivers to aiosmtpd, by SMTP (without pipelining) and by LMTP.
. "$(dirname -- "$0")/_lib.sh"
need timeout
need_aiosmtpd
make_messages

for protocol in smtp lmtp; do
    option=
    [ $protocol = smtp ] || option=--lmtp
    start aiosmtpd "$python" "$here/_aiosmtpd.py" $protocol "$scratch/stored"
    wait_until read_port
    for m in $messages empty last_line; do
        wanted=$scratch/$m
        [ "$m" != last_line ] || wanted=$(completed "$wanted")
        client 0 $option 127.0.0.1 "$port" sender@test.example user@test.example < "$scratch/$m"
        said '<user@test.example>: delivered: 250 2.0.0 Stored$'
        same "aiosmtpd, $protocol, $m" "$wanted" "$scratch/stored"
        rm "$scratch/stored"
    done

    client 75 $option 127.0.0.1 "$port" '' a@test.example refused@test.example later@test.example b@test.example \
        < "$scratch/dots"
    said '<a@test.example>: delivered: 250 2.0.0 Stored$'
    said '<refused@test.example>: refused: 550 5.1.1 No such user$'
    said '<later@test.example>: try again: 450 4.2.0 Not now$'
    said '<b@test.example>: delivered: 250 2.0.0 Stored$'
    same "aiosmtpd, $protocol, two of four" "$scratch/dots" "$scratch/stored"
    rm "$scratch/stored"

    if [ $protocol = lmtp ]; then # a verdict for each, in the order of those that were accepted
        client 69 --lmtp 127.0.0.1 "$port" '' a@test.example refused@test.example full@test.example b@test.example \
            < "$scratch/dots"
        said '<a@test.example>: delivered: 250 2.0.0 Stored$'
        said '<refused@test.example>: refused: 550 5.1.1 No such user$'
        said '<full@test.example>: refused: 552 5.2.2 Full$'
        said '<b@test.example>: delivered: 250 2.0.0 Stored$'
        same "aiosmtpd, lmtp, verdicts" "$scratch/dots" "$scratch/stored"
        rm "$scratch/stored"
    fi

    client 69 $option 127.0.0.1 "$port" '' refused@test.example < "$scratch/dots"
    [ ! -f "$scratch/stored" ] || die "a message for nobody was stored"
done
