// `jwt_vc_json` by npm jose: VC DM 1.1 as JWT (`vc`, `vp` claims), reading the later `vc+jwt` and `vp+jwt` too.
import { SignJWT, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { randomUUID } from 'node:crypto';
import { imported, jwkOf } from '../keys.mjs';
import { expandedTypes } from './linked_data.mjs';

export const TYPE = ['VerifiableCredential', 'UniversityDegreeCredential'];
const CONTEXT = ['https://www.w3.org/2018/credentials/v1'];

export async function issue({ issuer: { key }, holder }) {
  const credentialSubject = { id: holder.did, degree: { type: 'BachelorDegree', name: 'Enfermería' }, givenName: 'Lucía' };
  return new SignJWT({ vc: { '@context': CONTEXT, type: TYPE, credentialSubject } })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' })
    .setIssuer(key.did)
    .setSubject(holder.did)
    .setJti(`urn:uuid:${randomUUID()}`)
    .setNotBefore('0s')
    .setIssuedAt()
    .setExpirationTime('1d')
    .sign(await imported(key.jwk));
}

/** A signed JWT's payload, signed by the party its `iss` and `kid` name. */
async function verified(jwt, options = {}) {
  const { kid, jwk, alg } = decodeProtectedHeader(jwt);
  const { iss } = decodeJwt(jwt);
  const url = kid?.startsWith('did:') ? kid : `${iss}${kid ?? ''}`;
  if (iss && !jwk && url.split('#')[0] !== iss) throw new Error('signed with a key of somebody else');
  const key = jwk ?? (await jwkOf(url));
  const { payload } = await jwtVerify(jwt, await imported(key, alg), options);
  return { payload, signer: url.split('#')[0] };
}

async function described(credential) {
  const types = [credential.type].flat();
  // Without JSON-LD the types are compared as they stand (OpenID4VP 1.0 B.1.1), else as IRIs: a query may use either.
  return {
    credential_format: 'jwt_vc_json',
    type: [...types, ...(await expandedTypes(credential))],
    claims: credential,
    cryptographic_holder_binding: true,
  };
}

export async function read(jwt) {
  const { payload } = await verified(jwt);
  const credential = payload.vc ?? payload;
  const subject = payload.sub ?? [credential.credentialSubject].flat()[0]?.id;
  return { claims: credential, described: await described(credential), holder: subject };
}

/** The credential as it is: there is nothing to leave out. */
export const disclose = (credential) => credential;

export async function present({ credential, holder, nonce, audience }) {
  const vp = { '@context': CONTEXT, type: ['VerifiablePresentation'], verifiableCredential: [credential] };
  return new SignJWT({ nonce, vp })
    .setProtectedHeader({ alg: holder.alg, kid: holder.kid, typ: 'JWT' })
    .setIssuer(holder.did)
    .setAudience(audience)
    .setJti(`urn:uuid:${randomUUID()}`)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(await imported(holder.jwk));
}

export async function check({ presentation, nonce, audience }) {
  const { payload, signer } = await verified(presentation, { audience });
  if (payload.nonce !== nonce) throw new Error('not the nonce that was asked for');
  const [enclosed, ...more] = [(payload.vp ?? payload).verifiableCredential].flat();
  if (!enclosed || more.length) throw new Error('not one credential');
  // VC-JOSE-COSE envelops a signed credential as a data URL.
  const jwt = typeof enclosed === 'string' ? enclosed : enclosed.id.replace(/^data:application\/vc\+jwt,/, '');
  const credential = await read(jwt);
  if (credential.holder !== signer) throw new Error('presented by somebody else than its subject');
  return credential;
}
