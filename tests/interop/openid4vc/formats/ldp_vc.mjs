// `ldp_vc` by npm @digitalbazaar/vc: Data Integrity with eddsa-rdfc-2022, ecdsa-rdfc-2019 and ecdsa-sd-2023.
import * as ecdsaRdfc from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as eddsaRdfc from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import jsigs from 'jsonld-signatures';
import { randomUUID } from 'node:crypto';
import { documentLoader, expandedTypes } from './linked_data.mjs';
import * as selective from './selective.mjs';

const CONTEXT = ['https://www.w3.org/ns/credentials/v2', 'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json'];
export const TYPE = ['VerifiableCredential', 'OpenBadgeCredential'];
export const EXPANDED = [
  'https://www.w3.org/2018/credentials#VerifiableCredential',
  'https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential',
];
export { CONTEXT };

const suites = () => [
  ...[eddsaRdfc, ecdsaRdfc].map(({ cryptosuite }) => new DataIntegrityProof({ cryptosuite })),
  selective.verifying(),
];

const signing = ({ alg, pair }) => {
  const { cryptosuite } = alg === 'EdDSA' ? eddsaRdfc : ecdsaRdfc;
  return new DataIntegrityProof({ signer: pair.signer(), cryptosuite });
};

export async function issue({ issuer: { key, divisible }, holder }) {
  const now = new Date();
  const credential = {
    '@context': CONTEXT,
    id: `urn:uuid:${randomUUID()}`,
    type: TYPE,
    name: 'Enfermería',
    issuer: { id: key.did, type: ['Profile'], name: 'Foreign university' },
    validFrom: now.toISOString().replace(/\.\d+/, ''),
    validUntil: new Date(now.getTime() + 86400000).toISOString().replace(/\.\d+/, ''),
    awardedDate: '2025-12-12T00:00:00Z',
    credentialSubject: {
      id: holder.did,
      type: ['AchievementSubject'],
      identifier: [{ type: 'IdentityObject', hashed: false, identityType: 'name', identityHash: 'Lucía Fernández' }],
      achievement: {
        id: 'https://foreign.example/degrees/nursing',
        type: ['Achievement'],
        achievementType: 'BachelorDegree',
        name: 'Enfermería',
        description: 'Licenciatura en Enfermería',
        criteria: { narrative: 'Cinco años' },
      },
    },
  };
  return vc.issue({ credential, suite: divisible ? selective.signing(key.pair) : signing(key), documentLoader });
}

const described = async (claims) => ({
  credential_format: 'ldp_vc',
  type: await expandedTypes(claims),
  claims,
  cryptographic_holder_binding: true,
});

/** Status lists are judged elsewhere; the package insists on an answer. */
const checkStatus = async () => ({ verified: true });

const fault = (result) => new Error((result.error?.errors ?? [result.error]).map(String).join('; '));

export async function read(credential) {
  const result = selective.isWhole(credential)
    ? await selective.confirm(credential, documentLoader)
    : await vc.verifyCredential({ credential, suite: suites(), documentLoader, checkStatus });
  if (!result.verified) throw fault(result);
  return { claims: credential, described: await described(credential), holder: [credential.credentialSubject].flat()[0].id };
}

/** The credential as it leaves: with what `paths` lead to, where its proof lets the holder choose. */
export const disclose = (credential, paths) =>
  selective.isWhole(credential) ? selective.derive(credential, paths, documentLoader) : credential;

export async function present({ credential: whole, holder, nonce, audience, paths }) {
  const credential = await disclose(whole, paths);
  const presentation = {
    '@context': CONTEXT.slice(0, 1),
    type: ['VerifiablePresentation'],
    holder: holder.did,
    verifiableCredential: [credential],
  };
  return vc.signPresentation({ presentation, suite: signing(holder), challenge: nonce, domain: audience, documentLoader });
}

export async function check({ presentation, nonce, audience }) {
  const result = await vc.verify({
    presentation,
    suite: suites(),
    challenge: nonce,
    domain: audience,
    documentLoader,
    checkStatus,
  });
  if (!result.verified) throw fault(result);
  const [credential, ...more] = [presentation.verifiableCredential].flat();
  if (more.length) throw new Error('not one credential');
  const known = await read(credential);
  const method = [presentation.proof].flat()[0].verificationMethod;
  if (method.split('#')[0] !== known.holder) throw new Error('presented by somebody else than its subject');
  return known;
}

/** A `di_vp` key proof (OpenID4VCI 1.0 F.2), of `holder` for the issuer `audience`. */
export async function proveKey(holder, { nonce, audience }) {
  const presentation = { '@context': CONTEXT.slice(0, 1), type: ['VerifiablePresentation'], holder: holder.did };
  return vc.signPresentation({ presentation, suite: signing(holder), challenge: nonce, domain: audience, documentLoader });
}

/** The holder of a `di_vp` key proof. */
export async function provenKey(presentation, { nonce, audience }) {
  const purpose = new jsigs.purposes.AuthenticationProofPurpose({ challenge: nonce, domain: audience });
  const result = await jsigs.verify(presentation, { suite: suites(), purpose, documentLoader });
  if (!result.verified) throw fault(result);
  const method = [presentation.proof].flat()[0].verificationMethod;
  if (method.split('#')[0] !== presentation.holder) throw new Error('signed by somebody else than the holder');
  return method;
}
