// nodemailer sends files to 127.0.0.1, all by one connection: _nodemailer.cjs PORT MODE AUTH TO FILE...
// MODE: plain, starttls, tls or lmtp. AUTH: a mechanism for tim with the password secret-1, or none. TO: separated by commas.
// It succeeds if every message was taken for a recipient; those who were refused are printed.
const nodemailer = require('nodemailer');
const fs = require('fs');

const [port, mode, auth, to, ...files] = process.argv.slice(2);
const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: Number(port),
    name: 'nodemailer.test.example',
    pool: true,
    maxConnections: 1,
    secure: mode === 'tls',
    requireTLS: mode === 'starttls',
    ignoreTLS: mode === 'plain' || mode === 'lmtp',
    lmtp: mode === 'lmtp',
    auth: auth === 'none' ? undefined : { user: 'tim', pass: 'secret-1' },
    authMethod: auth === 'none' ? undefined : auth,
    tls: { rejectUnauthorized: false },
});

async function send(file) {
    const dsn = { id: 'id+1', return: 'headers', notify: ['success', 'failure'], recipient: 'a@test.example' };
    const done = await transport.sendMail({
        envelope: { from: 'a@test.example', to: to.split(','), dsn: mode === 'starttls' ? dsn : undefined },
        raw: fs.readFileSync(file),
    });
    for (const refused of done.rejected) console.log('refused ' + refused);
}

(async () => {
    for (const file of files) await send(file);
})().catch((why) => {
    console.error(why.message);
    process.exitCode = 1;
}).finally(() => transport.close());
