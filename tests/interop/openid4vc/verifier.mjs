// A foreign verifier, on loopback, by npm @openid4vc/openid4vp: prints `{ "url", "roots", "attester" }` and serves until its input ends.
//
//   GET /new?scheme=PREFIX&mode=MODE&by=value|reference|post&dcql=…&transaction_data=…   -> { "id", "request" }
//   GET /result/ID                                      -> { "status", "credentials", "error", "presented" }: the last for others to judge
//
// `mode` is direct_post, direct_post.jwt, fragment, dc_api or dc_api.jwt. What follows the # in fragment mode is posted to /response/ID,
// and what the Digital Credentials API gives to /dc/ID; without `scheme` a request for that is not signed.
import { Openid4vpVerifier } from '@openid4vc/openid4vp';
import { randomUUID } from 'node:crypto';
import { callbacks } from './callbacks.mjs';
import { Keyring, newKey } from './keys.mjs';
import { answer, serve } from './server.mjs';
import { identities } from './verifier/identity.mjs';
import { judge } from './verifier/judgement.mjs';

const keyring = new Keyring();
const { names, roots, attester } = await identities(keyring, 'localhost');
const encryption = await newKey();
const encryptionJwk = { ...encryption.publicJwk, kid: 'answers', alg: 'ECDH-ES', use: 'enc' };
const party = callbacks(keyring, { decryption: { ...encryption.jwk, kid: 'answers' } });
const verifier = new Openid4vpVerifier({ callbacks: party });
const sessions = new Map();

const VP_FORMATS = {
  'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256', 'EdDSA'], 'kb-jwt_alg_values': ['ES256', 'EdDSA'] },
  jwt_vc_json: { alg_values: ['ES256', 'EdDSA'] },
  ldp_vc: {
    proof_type_values: ['DataIntegrityProof'],
    cryptosuite_values: ['eddsa-rdfc-2022', 'ecdsa-rdfc-2019', 'ecdsa-sd-2023'],
  },
};

async function open({ query: { scheme, mode = 'direct_post', by = 'reference', dcql, transaction_data, same } }) {
  const id = randomUUID();
  const api = mode.startsWith('dc_api');
  const name = names[scheme];
  const back =
    mode === 'fragment'
      ? { redirect_uri: `${url}/return/${id}` }
      : { response_mode: mode, response_uri: `${url}/response/${id}` };
  const request = {
    response_type: 'vp_token',
    nonce: randomUUID(),
    dcql_query: JSON.parse(dcql),
    client_metadata: {
      client_name: 'Foreign verifier',
      vp_formats_supported: VP_FORMATS,
      ...(mode.endsWith('.jwt') && {
        jwks: { keys: [encryptionJwk] },
        encrypted_response_enc_values_supported: ['A128GCM', 'A256GCM'],
      }),
    },
    ...(transaction_data && {
      transaction_data: JSON.parse(transaction_data).map((entry) => Buffer.from(JSON.stringify(entry)).toString('base64url')),
    }),
    ...(api
      ? { response_mode: mode, ...(name && { client_id: name.clientId, expected_origins: [url] }) }
      : { state: randomUUID(), ...back, client_id: name?.clientId ?? `redirect_uri:${back.redirect_uri ?? back.response_uri}` }),
  };
  const session = { status: 'pending', request, signer: name?.signer, requestUri: `${url}/request/${id}`, by, same };
  sessions.set(id, session);
  return answer(200, { id, request: await sent(session, api) });
}

/** What reaches the wallet: a URL, or the object for the Digital Credentials API. */
async function sent(session, api) {
  const { request, signer, requestUri, by } = session;
  if (!signer) {
    const { authorizationRequest, authorizationRequestObject } = await verifier.createOpenId4vpAuthorizationRequest({
      authorizationRequestPayload: request,
    });
    return api ? { protocol: 'openid4vp-v1-unsigned', data: authorizationRequestObject } : authorizationRequest;
  }
  if (by === 'post')
    return `openid4vp://?${new URLSearchParams({ client_id: request.client_id, request_uri: requestUri, request_uri_method: 'post' })}`;
  const byValue = api || by === 'value';
  const { authorizationRequest, authorizationRequestObject, jar } = await sign(session, {
    requestUri: byValue ? undefined : requestUri,
  });
  session.jwt = jar.authorizationRequestJwt;
  return api ? { protocol: 'openid4vp-v1-signed', data: authorizationRequestObject } : authorizationRequest;
}

const sign = ({ request, signer }, { requestUri, walletNonce }) =>
  verifier.createOpenId4vpAuthorizationRequest({
    authorizationRequestPayload: { ...request, ...(walletNonce && { wallet_nonce: walletNonce }) },
    ...(walletNonce && { wallet: { expectedNonce: walletNonce } }),
    jar: { jwtSigner: signer, requestUri, expiresInSeconds: 300, additionalJwtPayload: { aud: 'https://self-issued.me/v2' } },
  });

const requestObject = (jwt) => answer(200, jwt, {}, 'application/oauth-authz-req+jwt');

async function postRequest({ rest, form }) {
  const session = sessions.get(rest);
  if (!form.wallet_metadata || !form.wallet_nonce) throw new Error('no wallet_metadata or wallet_nonce');
  const { jar } = await sign(session, { walletNonce: form.wallet_nonce });
  return requestObject(jar.authorizationRequestJwt);
}

async function receive(id, authorizationResponse) {
  const session = sessions.get(id);
  if (session?.status !== 'pending')
    return answer(400, { error: 'invalid_request', error_description: 'no request that waits for an answer' });
  const { request, same } = session;
  // Whatever comes of it, a request is answered once.
  session.status = 'error';
  if (authorizationResponse.error) Object.assign(session, { status: 'declined', error: authorizationResponse.error });
  else {
    try {
      const asked = { authorizationRequestPayload: request, origin: url, callbacks: party };
      const { dcql } = await verifier.parseOpenid4vpAuthorizationResponse({ ...asked, authorizationResponse });
      // OpenID4VP 1.0 A.4: the browser's API names the origin, even where the request is signed.
      const api = request.response_mode?.startsWith('dc_api');
      const audience = api ? `origin:${url}` : request.client_id;
      const to = api ? { origin: url } : { client_id: request.client_id };
      session.presented = { vp_token: dcql.presentations, dcql: request.dcql_query, nonce: request.nonce, ...to };
      session.credentials = await judge(verifier, { request, presentations: dcql.presentations, audience });
      session.status = 'accepted';
    } catch (error) {
      Object.assign(session, { status: 'rejected', error: error.message });
      return answer(400, { error: 'invalid_request', error_description: error.message });
    }
  }
  return answer(200, same ? { redirect_uri: `${url}/done#response_code=${randomUUID()}` } : {});
}

function result({ rest }) {
  const { status, credentials, error, presented } = sessions.get(rest);
  return answer(200, { status, credentials, error, presented });
}

const url = await serve('localhost', {
  'GET /new': open,
  'GET /request/': ({ rest }) => requestObject(sessions.get(rest).jwt),
  'POST /request/': postRequest,
  'POST /response/': ({ rest, form }) => receive(rest, form),
  'POST /dc/': ({ rest, text }) => receive(rest, JSON.parse(text).data),
  'GET /result/': result,
});
console.log(JSON.stringify({ url, roots, attester }));
// Whoever started it holds its input open.
process.stdin.resume().on('end', () => process.exit());
