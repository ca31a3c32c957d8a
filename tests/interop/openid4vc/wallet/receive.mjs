// Accepts a credential offer, by npm @openid4vc/openid4vci.
import {
  clientAuthenticationAnonymous,
  clientAuthenticationClientAttestationJwt,
  clientAuthenticationNone,
  resourceRequest,
} from '@openid4vc/oauth2';
import { Openid4vciClient, Openid4vciWalletProvider } from '@openid4vc/openid4vci';
import { callbacks } from '../callbacks.mjs';
import { formats } from '../formats.mjs';
import { newKey } from '../keys.mjs';
import { CLIENT_ID, authorize } from './authorization.mjs';
import { encryptingFetch } from './encryption.mjs';
import { prove } from './proofs.mjs';

/**
 * What a task may ask for: `offer`, `tx_code`, `dpop`, `attested` (client attestation), `encrypt`, `count`, `proof` (`jwt`,
 * `attestation`, `di_vp`, `attested`), `details` (authorization details instead of scope), `refresh`, `signed` (metadata), `event`
 * (of the notification), and what to do wrong: `spoil` (`nonce`, `audience`, `signature`, `pkce`), `again` (`code`, `proof`).
 */
export async function receive(wallet, task) {
  const dpopKey = await wallet.keyring.add(await newKey());
  const provider = new Openid4vciWalletProvider({ callbacks: callbacks(wallet.keyring) });
  const clientAuthentication = await authentication(wallet, provider, task, dpopKey);
  const decryption = await newKey();
  const party = callbacks(wallet.keyring, { trusted: task, clientAuthentication });
  const plain = new Openid4vciClient({ callbacks: { ...party, fetch: task.signed ? askingForJwt : globalThis.fetch } });

  const credentialOffer = await plain.resolveCredentialOffer(task.offer);
  const issuerMetadata = await plain.resolveIssuerMetadata(credentialOffer.credential_issuer);
  const carrier = task.encrypt ? encryptingFetch(issuerMetadata.credentialIssuer, decryption) : globalThis.fetch;
  const fetch = settingAside(carrier, issuerMetadata.credentialIssuer.deferred_credential_endpoint);
  const client = new Openid4vciClient({ callbacks: { ...party, fetch } });
  const dpop = task.dpop ? { signer: { method: 'jwk', alg: 'ES256', publicJwk: dpopKey.publicJwk } } : undefined;
  const session = {
    wallet,
    task,
    provider,
    client,
    credentialOffer,
    issuerMetadata,
    dpop,
    party,
    fetch,
    configuration: credentialOffer.credential_configuration_ids[0],
  };

  const token = await authorize(session);
  const { credentials, notificationId } = await request(session, token, task);
  const kept = [];
  for (const credential of credentials) kept.push(await keep(session, credential, task));
  if (notificationId) {
    const notification = { notificationId, event: task.event ?? 'credential_accepted' };
    await client.sendNotification({ issuerMetadata, accessToken: token.access_token, notification, dpop: session.dpop });
  }
  return {
    version: issuerMetadata.originalDraftVersion,
    signed: Boolean(issuerMetadata.signedCredentialIssuer),
    notified: Boolean(notificationId),
    credentials: kept,
  };
}

/** OpenID4VCI 1.0 §12.2.2: signed metadata is for who accepts it, which the package does not say. */
const askingForJwt = (url, init) =>
  fetch(
    url,
    String(url).includes('/.well-known/openid-credential-issuer')
      ? { ...init, headers: { Accept: 'application/jwt, application/json;q=0.5' } }
      : init,
  );

/** OpenID4VCI 1.0 §9.2: the package refuses a deferred response with credentials and a `notification_id`, which is kept from it here. */
function settingAside(carrier, deferredEndpoint) {
  const wrapped = async (url, init) => {
    const response = await carrier(url, init);
    if (String(url) !== deferredEndpoint || response.status !== 200) return response;
    const { notification_id, ...body } = await response.json();
    wrapped.notificationId = notification_id;
    return new Response(JSON.stringify(body), { status: 200, headers: { 'content-type': 'application/json' } });
  };
  return Object.assign(wrapped, { responseEncryption: carrier.responseEncryption });
}

async function authentication(wallet, provider, task, key) {
  if (!task.attested)
    return task.offer.includes('pre-authorized_code') || task.anonymous
      ? clientAuthenticationAnonymous()
      : clientAuthenticationNone({ clientId: CLIENT_ID });
  const clientAttestationJwt = await provider.createWalletAttestationJwt({
    issuer: wallet.provider.did,
    clientId: CLIENT_ID,
    signer: wallet.providerSigner(task),
    confirmation: { jwk: key.publicJwk },
    expiresAt: new Date(Date.now() + 3600000),
    walletName: 'Foreign wallet',
  });
  return clientAuthenticationClientAttestationJwt({ clientAttestationJwt, callbacks: callbacks(wallet.keyring) });
}

/** The credentials, waiting for those that are not ready. */
async function request(session, token, task) {
  const { client, issuerMetadata, configuration } = session;
  const accessToken = token.access_token;
  const proofs = await prove(session, task);
  const ask = () => retrieve(session, token, proofs);
  let { credentials, transaction_id: transactionId, interval, notification_id: notificationId } = await ask();
  if (task.again === 'proof') await ask();
  for (let polls = 0; !credentials && polls < 5; polls += 1) {
    await new Promise((waited) => setTimeout(waited, interval * 1000));
    const { deferredCredentialResponse } = await client.retrieveDeferredCredentials({
      issuerMetadata,
      accessToken,
      transactionId,
      dpop: session.dpop,
    });
    ({ credentials, interval } = deferredCredentialResponse);
    notificationId = session.fetch.notificationId;
  }
  const { format } = issuerMetadata.credentialIssuer.credential_configurations_supported[configuration];
  return { credentials: credentials.map(({ credential }) => ({ credential, format })), notificationId };
}

/** The package asks by configuration only; by identifier it is asked through its resource request. */
async function retrieve({ client, issuerMetadata, configuration, dpop, party, fetch, task }, token, proofs) {
  const accessToken = token.access_token;
  const identifier = token.authorization_details?.find((details) => details.credential_configuration_id === configuration)
    ?.credential_identifiers?.[0];
  const encryption = task.encrypt ? { credential_response_encryption: fetch.responseEncryption } : {};
  if (!identifier) {
    const asked = {
      issuerMetadata,
      accessToken,
      credentialConfigurationId: configuration,
      proofs,
      additionalRequestPayload: encryption,
      dpop,
    };
    return (await client.retrieveCredentials(asked)).credentialResponse;
  }
  const { ok, response } = await resourceRequest({
    callbacks: { ...party, fetch },
    accessToken,
    dpop,
    url: issuerMetadata.credentialIssuer.credential_endpoint,
    requestOptions: {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ credential_identifier: identifier, proofs, ...encryption }),
    },
  });
  if (!ok) throw new Error(`the credential request was refused: ${await response.text()}`);
  return response.json();
}

/** Verifies a credential before it is kept, and finds the key it is bound to. */
async function keep({ wallet }, { credential, format }, { roots }) {
  const { claims, described, holder } = await formats[format].read(credential, { roots });
  const key = await wallet.holder(holder);
  wallet.credentials.push({ format, credential, described, key });
  return { format, claims };
}
