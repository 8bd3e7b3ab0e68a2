// node peers.cjs DIRECTORY: how fast mail libraries for Node take content: nodemailer, which sends, and smtp-server,
// which receives. DIRECTORY is where they are installed. Output as that of codecs.cpp.
'use strict';

const path = require('path');

// A module of a package that is not its main one.
function load(pack, file) {
    try {
        const main = require.resolve(pack, {paths: [process.argv[2] || '.']});
        return require(path.join(path.dirname(main), file));
    } catch (error) {
        console.error(`${pack} is missing: left out`);
        return null;
    }
}

const server = load('smtp-server', 'smtp-stream.js');
const DataStream = load('nodemailer', 'smtp-connection/data-stream.js');

const SIZE = 1 << 20;
let turn = 0;
const every = {
    mixed: () => (turn % 500 === 0 ? '.' : '') + 'a'.repeat(turn % 2 === 0 ? 70 : 76),
    html: () => (turn % 50 === 0 ? '.' : '') + 'a'.repeat(20 + (turn * 29) % 53),
    dots: () => '.' + 'a'.repeat(64),
    dot1: () => '.',
    char1: () => 'a',
    crlf: () => '',
};

function content(name) {
    const lines = [];
    let size = 0;
    for (turn = 1; size < SIZE; ++turn) {
        lines.push(every[name]());
        size += lines[lines.length - 1].length + 2;
    }
    return Buffer.from(lines.join('\r\n') + '\r\n');
}

// Sends `text` through `into`, reads `from`; resolves to the seconds and the octets read.
function time(text, into, from) {
    return new Promise(resolve => {
        let octets = 0;
        const start = process.cpuUsage();
        from.on('data', chunk => { octets += chunk.length; });
        from.on('end', () => {
            const took = process.cpuUsage(start);
            resolve({seconds: (took.user + took.system) / 1e6, octets});
        });
        for (let at = 0; at < text.length; at += 65536) into.write(text.subarray(at, at + 65536));
        into.end();
    });
}

function report(kernel, name, octets, seconds) {
    console.log(`${kernel} ${name} 65536 ${(octets / seconds / 1e9).toFixed(4)}`);
}

async function run() {
    for (const name of Object.keys(every)) {
        const text = content(name);
        const wire = Buffer.from(text.toString('latin1').replace(/^\./gm, '..') + '.\r\n', 'latin1');
        for (let round = 0; round < 3; ++round) { // the compiler warms up
            if (DataStream) {
                const encoder = new DataStream();
                const sent = await time(text, encoder, encoder);
                if (sent.octets !== wire.length) throw new Error('nodemailer sent something else');
                if (round === 2) report('nodemailer-encode', name, text.length, sent.seconds);
            }
            if (server) {
                const decoder = new server.SMTPStream();
                decoder.oncommand = (command, done) => done();
                const received = await time(wire, decoder, decoder.startDataMode());
                // It leaves the last CRLF to its reader, or takes it for that of the end.
                if (Math.abs(received.octets - text.length) > 2) throw new Error('smtp-server received something else');
                if (round === 2) report('smtp-server-decode', name, wire.length, received.seconds);
            }
        }
    }
}

run();
