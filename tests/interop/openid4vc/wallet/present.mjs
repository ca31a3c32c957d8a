// Answers a presentation request, by npm @openid4vc/openid4vp and `dcql`.
import { Openid4vpClient } from '@openid4vc/openid4vp';
import { createHash, randomUUID } from 'node:crypto';
import { callbacks } from '../callbacks.mjs';
import { formats } from '../formats.mjs';
import { newKey } from '../keys.mjs';
import { select } from './selection.mjs';

const METADATA = {
  vp_formats_supported: {
    'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256', 'EdDSA'], 'kb-jwt_alg_values': ['ES256'] },
    jwt_vc_json: { alg_values: ['ES256', 'EdDSA'] },
    ldp_vc: {
      proof_type_values: ['DataIntegrityProof'],
      cryptosuite_values: ['ecdsa-rdfc-2019', 'eddsa-rdfc-2022', 'ecdsa-sd-2023'],
    },
  },
  client_id_prefixes_supported: ['redirect_uri', 'decentralized_identifier', 'x509_san_dns', 'x509_hash', 'verifier_attestation'],
  response_types_supported: ['vp_token'],
  request_object_signing_alg_values_supported: ['ES256', 'EdDSA'],
};
const ENCRYPTION = {
  authorization_encryption_alg_values_supported: ['ECDH-ES'],
  authorization_encryption_enc_values_supported: ['A128GCM', 'A256GCM'],
};

/**
 * What a task may ask for: `request` (a URL, or the object of the Digital Credentials API with its `origin`), whom to trust (`roots`,
 * `attester`), `decline`, and what to do wrong: `spoil` (`nonce`, `audience`, `holder`, `state`), `again` (the same response twice).
 */
export async function present(wallet, task) {
  const nonce = randomUUID();
  const party = callbacks(wallet.keyring, { trusted: task, fetch: posting(nonce) });
  const client = new Openid4vpClient({ callbacks: party });
  // The browser's API hands over a protocol and its data, and vouches for the origin.
  const origin = task.request.data && task.origin;
  const { params } = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: task.request.data ?? task.request });
  const told = params.request_uri_method === 'post' ? { wallet: { metadata: METADATA, nonce, expectedNonce: nonce } } : {};
  const resolved = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: params, origin, ...told });
  const { authorizationRequestPayload: request } = resolved;
  if (task.decline) return decline(request);
  const authorizationRequestPayload = task.spoil === 'state' ? { ...request, state: randomUUID() } : request;
  const response = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload,
    authorizationResponsePayload: { vp_token: await vpToken(wallet, resolved, { ...task, origin }) },
    origin,
    ...(request.response_mode?.endsWith('.jwt') && { jarm: { encryption: { nonce: randomUUID() }, serverMetadata: ENCRYPTION } }),
  });
  return { prefix: resolved.client.prefix, ...(await hand(client, request, response, task)) };
}

/** OpenID4VP 1.0 §5.10: the package posts its metadata unnamed and without the nonce. */
const posting = (nonce) => (url, init) => {
  if (init?.method !== 'post') return fetch(url, init);
  const form = new URLSearchParams({ wallet_metadata: JSON.stringify(METADATA), wallet_nonce: nonce });
  return fetch(url, { ...init, method: 'POST', body: form.toString() });
};

/** One list of presentations a credential query, bound to the request. */
async function vpToken(wallet, { authorizationRequestPayload: request, client, transactionData = [] }, { spoil, origin }) {
  const token = {};
  // OpenID4VP 1.0 A.4: the browser's API names the origin, even where the request is signed.
  const audience = origin ? `origin:${origin}` : client.effective;
  for (const { id, held, paths, bare } of select(request.dcql_query, wallet.credentials)) {
    token[id] ??= [];
    if (bare) {
      token[id].push(await formats[held.format].disclose(held.credential, paths));
      continue;
    }
    const asked = transactionData.filter(({ transactionData: { credential_ids } }) => credential_ids.includes(id));
    const hashes = asked.map(({ encoded }) => createHash('sha256').update(encoded).digest('base64url'));
    const terms = {
      credential: held.credential,
      holder: spoil === 'holder' ? await newKey() : held.key,
      paths,
      nonce: spoil === 'nonce' ? randomUUID() : request.nonce,
      audience: spoil === 'audience' ? 'x509_hash:another' : audience,
      bound: hashes.length ? { transaction_data_hashes: hashes, transaction_data_hashes_alg: 'sha-256' } : {},
    };
    token[id].push(await formats[held.format].present(terms));
  }
  return token;
}

/** Carries the response where the mode wants it. */
async function hand(client, request, { authorizationResponsePayload, jarm }, { again }) {
  if (request.response_mode?.startsWith('dc_api'))
    return { data: jarm ? { response: jarm.responseJwt } : authorizationResponsePayload };
  if ((request.response_mode ?? 'fragment') === 'fragment') {
    const form = new URLSearchParams(
      Object.entries(authorizationResponsePayload)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
    );
    return { location: `${request.redirect_uri}#${form}` };
  }
  const submit = () =>
    client.submitOpenid4vpAuthorizationResponse({ authorizationRequestPayload: request, authorizationResponsePayload, jarm });
  const { response } = await submit();
  return said(again ? (await submit()).response : response);
}

async function decline({ response_uri, state }) {
  const form = new URLSearchParams({ error: 'access_denied', ...(state && { state }) });
  return said(await fetch(response_uri, { method: 'POST', body: form }));
}

async function said(response) {
  const text = await response.text();
  return {
    status: response.status,
    body: text && response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text,
  };
}
