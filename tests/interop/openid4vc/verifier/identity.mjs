// The names the foreign verifier goes by, and how it signs for each (OpenID4VP 1.0 §5.9.3).
import { calculateX509HashClientIdPrefixValue } from '@openid4vc/openid4vp';
import { SignJWT } from 'jose';
import { createHash } from 'node:crypto';
import { certify, imported, newKey } from '../keys.mjs';

const ATTESTED = 'verifier.foreign.example';

/** `{ names, roots, attester }`: `names` gives the client id and signer of each prefix that signs. */
export async function identities(keyring, host) {
  const key = await keyring.add(await newKey());
  const { pem, x5c } = await certify(key, host);
  key.x5c = x5c;
  const hash = await calculateX509HashClientIdPrefixValue({
    x509Certificate: x5c[0],
    hash: (data) => createHash('sha256').update(data).digest(),
  });
  const attester = await newKey();
  const attestedKey = await keyring.add({ ...(await newKey()), kid: 'attested' });
  attestedKey.header = { jwt: await attestation(attester, attestedKey) };
  const certified = { method: 'x5c', alg: key.alg, x5c };
  const names = {
    decentralized_identifier: {
      clientId: `decentralized_identifier:${key.did}`,
      signer: { method: 'did', alg: key.alg, didUrl: key.kid },
    },
    x509_san_dns: { clientId: `x509_san_dns:${host}`, signer: certified },
    x509_hash: { clientId: `x509_hash:${hash}`, signer: certified },
    verifier_attestation: {
      clientId: `verifier_attestation:${ATTESTED}`,
      signer: { method: 'custom', alg: attestedKey.alg, kid: attestedKey.kid },
    },
  };
  const jwks = { keys: [{ ...attester.publicJwk, kid: attester.kid, alg: attester.alg }] };
  return { names, roots: pem, attester: { iss: attester.did, jwks } };
}

/** A verifier attestation (OpenID4VP 1.0 §12). */
async function attestation(attester, { publicJwk }) {
  return new SignJWT({ cnf: { jwk: publicJwk } })
    .setProtectedHeader({ alg: attester.alg, kid: attester.kid, typ: 'verifier-attestation+jwt' })
    .setIssuer(attester.did)
    .setSubject(ATTESTED)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(await imported(attester.jwk));
}
