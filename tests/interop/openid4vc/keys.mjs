// Keys of the foreign parties: P-256 and Ed25519 pairs named by did:key, the keyring they sign from, and reading the keys of others.
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as x509 from '@peculiar/x509';
import { calculateJwkThumbprint, importJWK } from 'jose';

const multikeys = { 'P-256': EcdsaMultikey, Ed25519: Ed25519Multikey };

/** A pair on `curve` (`P-256` or `Ed25519`), also as JWK, named by its did:key. */
export async function newKey(curve = 'P-256') {
  const keys = multikeys[curve];
  const pair = await keys.generate({ curve });
  pair.controller = `did:key:${pair.publicKeyMultibase}`;
  pair.id = `${pair.controller}#${pair.publicKeyMultibase}`;
  const { kty, crv, x, y, d: secret } = await keys.toJwk({ keyPair: pair, secretKey: true });
  const publicJwk = { kty, crv, x, ...(y && { y }) };
  // The Ed25519 package writes the public half behind the private one, where RFC 8037 has 32 bytes.
  const jwk = { ...publicJwk, d: Buffer.from(secret, 'base64url').subarray(0, 32).toString('base64url') };
  return { did: pair.controller, kid: pair.id, alg: curve === 'P-256' ? 'ES256' : 'EdDSA', jwk, publicJwk, pair };
}

/** A root and a leaf that it signed for `key`, with `host` and `uris` as its names: `{ pem, x5c }`, the chain without the root. */
export async function certify(key, host, uris = []) {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const day = 24 * 60 * 60 * 1000;
  const span = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 30 * day) };
  const rootKeys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...span,
    serialNumber: '01',
    name: 'CN=Foreign root',
    keys: rootKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const names = [{ type: 'dns', value: host }, ...uris.map((value) => ({ type: 'url', value }))];
  const publicKey = await crypto.subtle.importKey('jwk', key.publicJwk, algorithm, true, ['verify']);
  const leaf = await x509.X509CertificateGenerator.create({
    ...span,
    serialNumber: '02',
    subject: `CN=${host}`,
    issuer: root.subject,
    publicKey,
    signingKey: rootKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.SubjectAlternativeNameExtension(names),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    ],
  });
  return { pem: root.toString('pem'), x5c: [Buffer.from(leaf.rawData).toString('base64')] };
}

export const sanDnsNames = (certificate) => {
  const names = new x509.X509Certificate(certificate).getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  return names.filter(({ type }) => type === 'dns').map(({ value }) => value);
};

/** The public JWK of the first certificate of `x5c`, once a chain leads from it to one of `roots` (PEM); any root will do when none is given. */
export async function certified(x5c, roots) {
  const chain = x5c.map((text) => new x509.X509Certificate(text));
  const anchors = x509.PemConverter.decode(roots ?? '').map((raw) => new x509.X509Certificate(raw));
  for (const [at, certificate] of chain.entries()) {
    const issuer = chain[at + 1] ?? anchors.find((anchor) => anchor.subject === certificate.issuer);
    const pinned = anchors.some((anchor) => anchor.equal(certificate));
    if (at + 1 === chain.length && !roots) break;
    if (!pinned && !(issuer && (await certificate.verify({ publicKey: issuer }))))
      throw new Error(`the certificate of ${certificate.subject} is not trusted`);
    if (pinned) break;
  }
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', await chain[0].publicKey.export());
  return { kty, crv, x, y };
}

/** The verification method that a did:key or did:jwk URL names, as a Multikey. */
export async function methodOf(url) {
  const [did] = url.split('#');
  if (did.startsWith('did:jwk:')) {
    const jwk = JSON.parse(Buffer.from(did.slice('did:jwk:'.length), 'base64url'));
    const keys = jwk.kty === 'OKP' ? Ed25519Multikey : EcdsaMultikey;
    const { publicKeyMultibase } = await (await keys.fromJwk({ jwk })).export({ publicKey: true });
    return { id: `${did}#0`, type: 'Multikey', controller: did, publicKeyMultibase };
  }
  if (!did.startsWith('did:key:')) throw new Error(`no resolver for ${did}`);
  const publicKeyMultibase = did.slice('did:key:'.length);
  return { id: `${did}#${publicKeyMultibase}`, type: 'Multikey', controller: did, publicKeyMultibase };
}

export async function jwkOf(url) {
  const method = await methodOf(url);
  const keys = method.publicKeyMultibase.startsWith('z6Mk') ? Ed25519Multikey : EcdsaMultikey;
  const { kty, crv, x, y } = await keys.toJwk({ keyPair: await keys.from(method) });
  return { kty, crv, x, ...(y && { y }) };
}

/** The keys a party signs with, found by what a signer of @openid4vc says of itself. */
export class Keyring {
  #keys = new Map();

  async add(key) {
    this.#keys.set(await calculateJwkThumbprint(key.publicJwk), key);
    return key;
  }

  async find(signer) {
    const named = [...this.#keys.values()].find(
      ({ kid, x5c }) => kid === (signer.didUrl ?? signer.kid) || (x5c && x5c[0] === signer.x5c?.[0]),
    );
    const found = named ?? (signer.publicJwk && this.#keys.get(await calculateJwkThumbprint(signer.publicJwk)));
    if (!found) throw new Error('a signer that has no key here');
    return found;
  }
}

export const imported = (jwk, alg) => importJWK(jwk, alg ?? (jwk.kty === 'OKP' ? 'EdDSA' : 'ES256'));
