// Opens and writes backup files with other people's software, as wallet-core/docs/decisions/0001-backup-is-a-jwe.md says they are.
//
//   node backup.mjs open PASSPHRASE < file    prints what is inside
//   node backup.mjs write PASSPHRASE < JSON   prints a file
import {createHmac} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {argon2id} from 'hash-wasm';
import {base64url, CompactEncrypt, compactDecrypt, decodeProtectedHeader} from 'jose';

const [way, passphrase] = process.argv.slice(2);
const input = readFileSync(0, 'utf8');

const keyOf = ({name, m, t, p, salt}) => {
  if (name !== 'argon2id') throw new Error(`unknown kdf ${name}`);
  return argon2id({
    password: passphrase.normalize('NFC'),
    salt: base64url.decode(salt),
    memorySize: m,
    iterations: t,
    parallelism: p,
    hashLength: 32,
    outputType: 'binary',
  });
};

// HKDF-SHA256 (RFC 5869) without a salt; sixteen bytes are one block.
const nameOf = key => {
  const hmac = (key, data) => createHmac('sha256', key).update(data).digest();
  const block = hmac(hmac(Buffer.alloc(32), key), Buffer.from('cedula backup kid\x01'));
  return base64url.encode(block.subarray(0, 16));
};

if (way === 'open') {
  const header = decodeProtectedHeader(input.trim());
  const key = await keyOf(header.kdf);
  if (header.kid !== nameOf(key)) throw new Error('another passphrase');
  const {plaintext} = await compactDecrypt(input.trim(), key);
  process.stdout.write(plaintext);
} else {
  const kdf = {name: 'argon2id', m: 1024, t: 1, p: 1, salt: base64url.encode(crypto.getRandomValues(new Uint8Array(16)))};
  const key = await keyOf(kdf);
  const header = {alg: 'dir', enc: 'A256GCM', typ: 'cedula-backup', ver: 1, kid: nameOf(key), kdf};
  process.stdout.write(await new CompactEncrypt(new TextEncoder().encode(input)).setProtectedHeader(header).encrypt(key));
}
