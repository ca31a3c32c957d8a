// What the @openid4vc packages leave to their caller: signing, verifying, hashing, encrypting, here by npm `jose`.
import { setGlobalConfig } from '@openid4vc/oauth2';
import { CompactEncrypt, CompactSign, compactDecrypt, compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import { createHash, randomBytes } from 'node:crypto';
import { certified, imported, jwkOf, sanDnsNames } from './keys.mjs';

// Everything here runs on loopback.
setGlobalConfig({ allowInsecureUrls: true });

const bytes = (text) => new TextEncoder().encode(text);

export async function signJwt(keyring, signer, { header, payload }) {
  const key = await keyring.find(signer);
  // A custom signer is named by nothing the package writes.
  const named = signer.method === 'custom' ? { kid: signer.kid, ...key.header } : {};
  // OpenID4VCI 1.0 D.1 calls it so; the package writes what drafts did.
  if (header.typ === 'keyattestation+jwt') named.typ = 'key-attestation+jwt';
  const jwt = await new CompactSign(bytes(JSON.stringify(payload)))
    .setProtectedHeader({ ...header, ...named })
    .sign(await imported(key.jwk));
  return { jwt, signerJwk: key.publicJwk };
}

/** The key that a signer of @openid4vc names; `trusted` is `{ roots, attester }`. */
async function keyOf(signer, header, trusted) {
  if (signer.method === 'did') return jwkOf(signer.didUrl);
  if (signer.method === 'jwk') return signer.publicJwk;
  if (signer.method === 'x5c') return certified(signer.x5c, trusted.roots);
  if (header.jwt) return attested(header.jwt, trusted.attester);
  throw new Error(`a signer by ${signer.method}`);
}

/** The key that a verifier attestation (OpenID4VP 1.0 §12) confirms; `attester` is who is trusted to give one, `{ iss, jwks }`. */
async function attested(attestation, attester) {
  const { typ, kid, alg } = decodeProtectedHeader(attestation);
  const { iss, cnf, exp } = decodeJwt(attestation);
  const key = attester?.jwks.keys.find((jwk) => jwk.kid === kid);
  if (typ !== 'verifier-attestation+jwt' || iss !== attester?.iss || !key)
    throw new Error('not an attestation of who is trusted');
  if (!(exp > Date.now() / 1000)) throw new Error('an attestation out of date');
  await compactVerify(attestation, await imported(key, alg));
  return cnf.jwk;
}

export async function encryptJwe({ publicJwk, alg, enc, apu, apv }, text) {
  const party = Object.fromEntries(
    Object.entries({ apu, apv })
      .filter(([, value]) => value)
      .map(([name, value]) => [name, Buffer.from(value, 'base64url')]),
  );
  const jwe = await new CompactEncrypt(bytes(text))
    .setProtectedHeader({ alg: alg ?? publicJwk.alg, enc, ...(publicJwk.kid && { kid: publicJwk.kid }) })
    .setKeyManagementParameters(party)
    .encrypt(await imported(publicJwk, alg ?? publicJwk.alg));
  return { encryptionJwk: publicJwk, jwe };
}

export async function decryptJwe(privateJwk, jwe) {
  const { kid } = decodeProtectedHeader(jwe);
  if (kid !== undefined && kid !== privateJwk.kid) throw new Error('encrypted to another key');
  const { plaintext } = await compactDecrypt(jwe, await imported(privateJwk, 'ECDH-ES'));
  return new TextDecoder().decode(plaintext);
}

/** The callbacks of a party with these keys; `decryption` is its private JWK, `trusted` whom it believes. */
export function callbacks(keyring, { decryption, trusted = {}, ...others } = {}) {
  return {
    hash: (data, algorithm) => createHash(algorithm.replace('-', '')).update(data).digest(),
    generateRandom: (length) => randomBytes(length),
    signJwt: (signer, jwt) => signJwt(keyring, signer, jwt),
    verifyJwt: async (signer, { compact, header }) => {
      const jwk = await keyOf(signer, header, trusted);
      const verified = await compactVerify(compact, await imported(jwk, header.alg)).then(
        () => true,
        () => false,
      );
      return { verified, signerJwk: jwk };
    },
    encryptJwe,
    decryptJwe: async (jwe) => {
      const payload = await decryptJwe(decryption, jwe).catch(() => undefined);
      return payload === undefined ? { decrypted: false } : { decrypted: true, decryptionJwk: decryption, payload };
    },
    getX509CertificateMetadata: (certificate) => ({ sanDnsNames: sanDnsNames(certificate), sanUriNames: [] }),
    ...others,
  };
}
