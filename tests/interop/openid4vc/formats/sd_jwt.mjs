// `dc+sd-jwt` by npm @sd-jwt/sd-jwt-vc: SD-JWT VC with key binding.
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { certified, jwkOf } from '../keys.mjs';

export const VCT = 'https://foreign.example/degree';

const common = {
  hashAlg: 'sha-256',
  saltGenerator: () => randomBytes(16).toString('base64url'),
  hasher: (data, alg) => createHash(alg.replace('-', '')).update(Buffer.from(data)).digest(),
};
const digest = (jwk) => (jwk.kty === 'OKP' ? null : 'sha256');
const signer = (jwk) => (data) =>
  sign(digest(jwk), Buffer.from(data), {
    key: createPrivateKey({ key: jwk, format: 'jwk' }),
    dsaEncoding: 'ieee-p1363',
  }).toString('base64url');
const verifier = (jwk) => (data, signature) =>
  verify(
    digest(jwk),
    Buffer.from(data),
    { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );

/** A degree for `holder`; the issuer is `{ key, iss, header }`, its key named by `header`. */
export async function issue({ issuer: { key, iss, header }, holder }) {
  const instance = new SDJwtVcInstance({ ...common, signer: signer(key.jwk), signAlg: key.alg });
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss,
    vct: VCT,
    iat: now,
    exp: now + 86400,
    cnf: { jwk: holder.publicJwk },
    given_name: 'Lucía',
    family_name: 'Fernández',
    degree: { name: 'Enfermería', grade: '9.5' },
    nationalities: ['AR', 'BO'],
  };
  const frame = {
    _sd: ['given_name', 'family_name', 'degree'],
    degree: { _sd: ['grade'] },
    nationalities: { _sd: [0, 1] },
    _sd_decoy: 2,
  };
  return instance.issue(claims, frame, { header });
}

/** The issuer's key: by certificate, by DID, or by what the issuer publishes (SD-JWT VC §2.5). */
async function issuerKey(credential, roots) {
  const [jwt] = credential.split('~');
  const { x5c, kid } = decodeProtectedHeader(jwt);
  const { iss } = decodeJwt(jwt);
  if (x5c) return certified(x5c, roots);
  if (kid?.startsWith('did:') || iss?.startsWith('did:')) return jwkOf(kid?.startsWith('did:') ? kid : iss);
  const { origin, pathname } = new URL(iss);
  const published = await (await fetch(`${origin}/.well-known/jwt-vc-issuer${pathname === '/' ? '' : pathname}`)).json();
  const keys = published.jwks?.keys ?? (await (await fetch(published.jwks_uri)).json()).keys;
  if (published.issuer !== iss) throw new Error('the metadata is of another issuer');
  return keys.find((key) => !kid || key.kid === kid);
}

const described = (claims) => ({
  credential_format: 'dc+sd-jwt',
  vct: claims.vct,
  claims,
  cryptographic_holder_binding: Boolean(claims.cnf),
});

/** What a credential says, once its signature is good. */
export async function read(credential, { roots } = {}) {
  const instance = new SDJwtVcInstance({ ...common, verifier: verifier(await issuerKey(credential, roots)) });
  await instance.verify(credential);
  const claims = await instance.getClaims(credential);
  return { claims, described: described(claims), holder: claims.cnf?.jwk };
}

/** The frame that discloses what `paths` (DCQL) lead to; everything when there are none. */
function frameOf(claims, paths) {
  const frame = {};
  const disclose = (place, value, [step, ...rest]) => {
    const keys = step === null ? value.map((_, at) => at) : [step];
    for (const key of keys) {
      if (value[key] === undefined) continue;
      if (rest.length === 0) place[key] = true;
      else if (place[key] !== true) disclose((place[key] ??= {}), value[key], rest);
    }
  };
  for (const path of paths ?? Object.keys(claims).map((name) => [name])) disclose(frame, claims, path);
  return frame;
}

export async function present({ credential, holder, nonce, audience, paths, bound = {} }) {
  const instance = new SDJwtVcInstance({ ...common, kbSigner: signer(holder.jwk), kbSignAlg: holder.alg });
  const frame = frameOf(await instance.getClaims(credential), paths);
  const payload = { iat: Math.floor(Date.now() / 1000), nonce, aud: audience, ...bound };
  return instance.present(credential, frame, { kb: { payload } });
}

/** The credential without key binding, disclosing what `paths` lead to. */
export async function disclose(credential, paths) {
  const instance = new SDJwtVcInstance(common);
  return instance.present(credential, frameOf(await instance.getClaims(credential), paths));
}

export async function check({ presentation, nonce, audience, roots }) {
  const kbVerifier = (data, signature, payload) => verifier(payload.cnf.jwk)(data, signature);
  const instance = new SDJwtVcInstance({ ...common, verifier: verifier(await issuerKey(presentation, roots)), kbVerifier });
  const { payload, kb } = await instance.verify(presentation, { keyBindingNonce: nonce });
  // The package leaves the audience to its caller.
  if (kb.payload.aud !== audience) throw new Error(`bound to ${kb.payload.aud}, not to ${audience}`);
  return { claims: payload, described: described(payload), bound: kb.payload };
}
