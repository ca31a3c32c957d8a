// Encrypted credential requests and responses (OpenID4VCI 1.0 §10), which the package does not know: put around its `fetch`.
import { decryptJwe, encryptJwe } from '../callbacks.mjs';

/** A `fetch` that encrypts what goes to the credential endpoints and opens what comes back for the pair `key`. */
export function encryptingFetch(credentialIssuer, key) {
  const { credential_endpoint, deferred_credential_endpoint, credential_request_encryption: offered } = credentialIssuer;
  const [enc] = credentialIssuer.credential_response_encryption.enc_values_supported;
  const jwk = { ...key.publicJwk, kid: 'responses', alg: 'ECDH-ES', use: 'enc' };

  const wrapped = async (url, init) => {
    if (![credential_endpoint, deferred_credential_endpoint].includes(String(url))) return fetch(url, init);
    const { credential_response_encryption: _, ...body } = JSON.parse(init.body);
    // The package insists on an `alg` that the final standard has in the key alone.
    const request = JSON.stringify({ ...body, credential_response_encryption: { jwk, enc } });
    const { jwe } = await encryptJwe({ publicJwk: offered.jwks.keys[0], enc: offered.enc_values_supported[0] }, request);
    const response = await fetch(url, { ...init, body: jwe, headers: { ...init.headers, 'Content-Type': 'application/jwt' } });
    if (!response.headers.get('content-type')?.startsWith('application/jwt')) return response;
    const text = await decryptJwe({ ...key.jwk, kid: jwk.kid }, await response.text());
    const headers = new Headers(response.headers);
    headers.set('content-type', 'application/json');
    return new Response(text, { status: response.status, headers });
  };
  wrapped.responseEncryption = { jwk, alg: 'ECDH-ES', enc };
  return wrapped;
}
