// A foreign credential issuer with its authorization server, on loopback: prints `{ "url", "roots" }` and serves until its input ends.
//
//   GET /offer?config=ID&flow=pre|auth&tx=1&ref=1&deferred=1&ids=1&tenant=open|strict   -> { "id", "offer", "tx_code" }
//   GET /result/ID                                                                     -> what the wallet did with that offer
import { Openid4vciIssuer } from '@openid4vc/openid4vci';
import { randomInt, randomUUID } from 'node:crypto';
import { callbacks } from './callbacks.mjs';
import { authorization } from './issuer/authorization.mjs';
import { credentials } from './issuer/credentials.mjs';
import * as describe from './issuer/metadata.mjs';
import { Keyring, certify, newKey } from './keys.mjs';
import { answer, serve } from './server.mjs';

const keyring = new Keyring();
const key = await keyring.add(await newKey());
const edwards = await keyring.add(await newKey('Ed25519'));
const encryption = await newKey();
const decryption = { ...encryption.jwk, kid: 'requests', alg: 'ECDH-ES', use: 'enc' };
const encryptionJwk = { ...encryption.publicJwk, kid: 'requests', alg: 'ECDH-ES', use: 'enc' };

const tenants = {};
const routes = { 'GET /offer': offer, 'GET /offers/': ({ rest }) => answer(200, offers.get(rest)), 'GET /result/': result };
const offers = new Map();
const url = await serve('localhost', routes);
// A key of its own, so that nothing but the certificate vouches for it.
const certified = await newKey();
const { pem, x5c } = await certify(certified, 'localhost', [`${url}/open`, `${url}/strict`]);

for (const name of ['open', 'strict']) {
  const tenant = {
    issuer: `${url}/${name}`,
    as: `${url}/as-${name}`,
    strict: name === 'strict',
    key,
    encryptionJwk,
    decryption,
    sessions: [],
    dpopNonce: randomUUID(),
  };
  tenant.callbacks = callbacks(keyring, { decryption });
  tenant.metadata = {
    authorizationServer: describe.authorizationServer(tenant),
    credentialIssuer: describe.credentialIssuer(tenant),
  };
  tenant.signer = (config) => signer(tenant, config);
  tenants[name] = tenant;
  Object.assign(routes, authorization(tenant), credentials(tenant));
  // SD-JWT VC §5: where the keys of an issuer named by a URL are.
  routes[`GET /.well-known/jwt-vc-issuer/${name}`] = () =>
    answer(200, { issuer: tenant.issuer, jwks: { keys: [{ ...key.publicJwk, kid: 'web-1', alg: key.alg }] } });
}

/** The key a configuration is signed with, and how it is named. */
function signer({ issuer }, config) {
  if (config === 'degree-sd-jwt-x5c') return { key: certified, iss: issuer, header: { x5c } };
  if (config === 'degree-sd-jwt-web') return { key, iss: issuer, header: { kid: 'web-1' } };
  if (config === 'degree-ldp') return { key: edwards };
  if (config === 'degree-ldp-sd') return { key, divisible: true };
  return { key, iss: key.did, header: { kid: key.kid } };
}

async function offer({ query: { config, flow = 'pre', tx, ref, deferred, ids, tenant: name = 'open' } }) {
  const tenant = tenants[name];
  const session = { id: randomUUID(), config, deferred: Boolean(deferred), identified: Boolean(ids) };
  const grants = {};
  if (flow === 'pre') {
    session.preAuthorizedCode = randomUUID();
    session.txCode = tx ? String(randomInt(1000, 10000)) : undefined;
    const asked = tx ? { tx_code: { input_mode: 'numeric', length: 4, description: 'By SMS' } } : {};
    grants['urn:ietf:params:oauth:grant-type:pre-authorized_code'] = {
      'pre-authorized_code': session.preAuthorizedCode,
      ...asked,
    };
  } else {
    session.issuerState = randomUUID();
    grants.authorization_code = { issuer_state: session.issuerState };
  }
  const { credentialOffer, credentialOfferObject } = await new Openid4vciIssuer({
    callbacks: tenant.callbacks,
  }).createCredentialOffer({
    issuerMetadata: { credentialIssuer: tenant.metadata.credentialIssuer },
    credentialConfigurationIds: [config],
    grants,
    ...(ref && { credentialOfferUri: `${url}/offers/${session.id}` }),
  });
  tenant.sessions.push(session);
  offers.set(session.id, credentialOfferObject);
  return answer(200, { id: session.id, offer: credentialOffer, tx_code: session.txCode });
}

function result({ rest }) {
  const session = Object.values(tenants)
    .flatMap(({ sessions }) => sessions)
    .find(({ id }) => id === rest);
  const { issued = 0, notified, proved, dpop, attested, encryption } = session;
  return answer(200, { issued, notified, proved, dpop, attested, encrypted: Boolean(encryption) });
}

console.log(JSON.stringify({ url, roots: pem }));
// Whoever started it holds its input open.
process.stdin.resume().on('end', () => process.exit());
