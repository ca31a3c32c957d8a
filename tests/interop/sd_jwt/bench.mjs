// What npm @sd-jwt/sd-jwt-vc takes to issue eight claims that may be left out, to present three of them and to verify that, for
// `tests/bench`.

import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { time } from '../time.mjs';

const claims = JSON.parse(readFileSync(new URL('../../../wallet-core/benches/claims.json', import.meta.url), 'utf8'));
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const dsaEncoding = 'ieee-p1363';
const instance = new SDJwtVcInstance({
  hasher: (data, alg) => createHash(alg.replace('-', '')).update(Buffer.from(data)).digest(),
  hashAlg: 'sha-256',
  saltGenerator: () => randomBytes(16).toString('base64url'),
  signAlg: 'ES256',
  signer: (data) => sign('sha256', Buffer.from(data), { key: privateKey, dsaEncoding }).toString('base64url'),
  verifier: (data, signature) =>
    verify('sha256', Buffer.from(data), { key: publicKey, dsaEncoding }, Buffer.from(signature, 'base64url')),
});
const issue = () => instance.issue(structuredClone(claims), { _sd: Object.keys(claims).slice(4) });
const issued = await issue();
const present = () => instance.present(issued, { given_name: true, family_name: true, birthdate: true });
const presented = await present();
if (presented.split('~').length !== 5) throw new Error('three disclosures were to be shown');
await time('npm @sd-jwt/sd-jwt-vc, 8 claims: issue', 'P-256 sign', issue);
await time('npm @sd-jwt/sd-jwt-vc, 3 of 8 claims: present', 'P-256 verify', present);
await time('npm @sd-jwt/sd-jwt-vc, 3 of 8 claims: verify', 'P-256 verify', () => instance.verify(presented));
