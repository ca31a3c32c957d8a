// Key proofs of a credential request (OpenID4VCI 1.0 §8.2.1): `jwt`, `jwt` with a key attestation, `attestation`, `di_vp`.
import { randomUUID } from 'node:crypto';
import { proveKey } from '../formats/ldp_vc.mjs';

/** The `proofs` member for `task.count` new keys. */
export async function prove(
  { wallet, provider, client, issuerMetadata, configuration },
  { count = 1, proof = 'jwt', spoil, ...task },
) {
  const fresh = issuerMetadata.credentialIssuer.nonce_endpoint
    ? (await client.requestNonce({ issuerMetadata })).c_nonce
    : undefined;
  const nonce = spoil === 'nonce' ? randomUUID() : fresh;
  const keys = [];
  for (let made = 0; made < count; made += 1) keys.push(await wallet.newHolder());

  const attest = (use) =>
    provider.createKeyAttestationJwt({
      use,
      nonce,
      attestedKeys: keys.map(({ publicJwk }) => publicJwk),
      signer: wallet.providerSigner(task),
      expiresAt: new Date(Date.now() + 3600000),
      keyStorage: ['iso_18045_high'],
      userAuthentication: ['iso_18045_high'],
    });
  if (proof === 'attestation') return { attestation: [await attest('proof_type.attestation')] };
  const audience = spoil === 'audience' ? 'https://another.example' : issuerMetadata.credentialIssuer.credential_issuer;
  if (proof === 'di_vp') return { di_vp: await Promise.all(keys.map((key) => proveKey(key, { nonce, audience }))) };

  const keyAttestationJwt = proof === 'attested' ? await attest('proof_type.jwt') : undefined;
  const addressed = { ...issuerMetadata, credentialIssuer: { ...issuerMetadata.credentialIssuer, credential_issuer: audience } };
  const { format, cryptographic_binding_methods_supported: methods = [] } =
    issuerMetadata.credentialIssuer.credential_configurations_supported[configuration];
  const byDid = format !== 'dc+sd-jwt' && methods.some((method) => method === 'did:key' || method === 'did');
  const signer = ({ alg, kid, publicJwk }) => (byDid ? { method: 'did', alg, didUrl: kid } : { method: 'jwk', alg, publicJwk });
  const signed = keys.map(async (key) => {
    const asked = {
      issuerMetadata: addressed,
      credentialConfigurationId: configuration,
      signer: signer(key),
      issuedAt: new Date(),
      nonce,
      keyAttestationJwt,
    };
    const { jwt } = await client.createCredentialRequestJwtProof(asked);
    return spoil === 'signature' ? spoiled(jwt) : jwt;
  });
  return { jwt: await Promise.all(signed) };
}

/** The same JWT with one letter of its signature changed. */
const spoiled = (jwt) => jwt.replace(/\.([^.])([^.]*)$/, (_, first, rest) => `.${first === 'A' ? 'B' : 'A'}${rest}`);
