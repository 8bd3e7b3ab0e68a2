// _smtp_server.js smtp|lmtp|smtps CERTIFICATE KEY FILE: Nodemailer's smtp-server on 127.0.0.1; says its port, and writes the
// content of the last message to FILE and what came with it, as JSON, to FILE.envelope. The user is tester, the password
// secret, the token token. Mail to refused@ is refused, mail to later@ is not taken now; in LMTP full@ has no room.
'use strict';
const fs = require('fs');
const { SMTPServer } = require('smtp-server');
const [protocol, certificate, key, path] = process.argv.slice(2);
const failure = (code, text) => Object.assign(new Error(text), { responseCode: code });

const server = new SMTPServer({
  lmtp: protocol === 'lmtp',
  secure: protocol === 'smtps',
  cert: fs.readFileSync(certificate),
  key: fs.readFileSync(key),
  authOptional: true,
  hideDSN: false,
  authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2'],
  onAuth(auth, session, done) {
    const good = auth.username === 'tester' &&
      (auth.method === 'XOAUTH2' ? auth.accessToken === 'token'
        : auth.method === 'CRAM-MD5' ? auth.validatePassword('secret') : auth.password === 'secret');
    if (good) return done(null, { user: auth.method });
    if (auth.method === 'XOAUTH2') return done(null, { data: { status: '401', schemes: 'bearer' } });
    return done(failure(535, 'Wrong password'));
  },
  onRcptTo(to, session, done) {
    if (to.address.startsWith('refused@')) return done(failure(550, 'No such user'));
    if (to.address.startsWith('later@')) return done(failure(450, 'Not now'));
    return done();
  },
  onData(stream, session, done) {
    const parts = [];
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => {
      const { mailFrom, rcptTo } = session.envelope;
      fs.writeFileSync(path + '.envelope', JSON.stringify({ mailFrom, rcptTo, user: session.user, secure: session.secure }));
      fs.writeFileSync(path, Buffer.concat(parts));
      if (protocol !== 'lmtp') return done(null, 'Stored');
      return done(null, rcptTo.map((r) => (r.address.startsWith('full@') ? failure(552, 'Full') : 'Stored')));
    });
  },
});
server.on('error', () => {}); // of a connection that is gone
server.listen(0, '127.0.0.1', () => console.log('listening on 127.0.0.1 port', server.server.address().port));
