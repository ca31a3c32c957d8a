// The agent as wallet.
import { Kms } from '@credo-ts/core';

const CLIENT_ID = 'https://wallet.credo.example';
const REDIRECT_URI = 'https://wallet.credo.example/cb';

/** New holder keys: under did:key where the issuer can, as the W3C formats need. */
async function bind(
  agent,
  { supportedDidMethods = [], supportsAllDidMethods, supportsJwk, credentialFormat, issuerMaxBatchSize },
  count,
) {
  const number = Math.min(count, issuerMaxBatchSize);
  const byDid =
    (supportsAllDidMethods || supportedDidMethods.some((method) => ['did:key', 'did:jwk'].includes(method))) &&
    !(supportsJwk && credentialFormat === 'dc+sd-jwt');
  const made = [];
  for (let at = 0; at < number; at += 1) {
    const type = { kty: 'EC', crv: 'P-256' };
    if (!byDid) made.push(Kms.PublicJwk.fromPublicJwk((await agent.kms.createKey({ type })).publicJwk));
    else {
      const method = supportsAllDidMethods || supportedDidMethods.includes('did:key') ? 'key' : 'jwk';
      const { didState } = await agent.dids.create({ method, options: { createKey: { type } } });
      made.push(didState.didDocument.verificationMethod[0].id);
    }
  }
  return byDid ? { method: 'did', didUrls: made } : { method: 'jwk', keys: made };
}

/** A task may ask for: `offer`, `tx_code`, `count`, `roots` to trust, `spoil: "tx_code"`. */
export async function receive(agent, task, trusted) {
  trust(trusted, task);
  const { holder } = agent.openid4vc;
  const resolvedCredentialOffer = await holder.resolveCredentialOffer(task.offer);
  const preAuthorized =
    resolvedCredentialOffer.credentialOfferPayload.grants?.['urn:ietf:params:oauth:grant-type:pre-authorized_code'];
  const grant = preAuthorized ? { txCode: task.tx_code } : await logIn(holder, resolvedCredentialOffer);
  const { accessToken, dpop, accessTokenResponse } = await holder.requestToken({ resolvedCredentialOffer, ...grant });
  let { credentials, deferredCredentials } = await holder.requestCredentials({
    resolvedCredentialOffer,
    accessToken,
    dpop,
    cNonce: accessTokenResponse.c_nonce,
    ...(preAuthorized ? {} : { clientId: CLIENT_ID }),
    credentialBindingResolver: (options) => bind(agent, options, task.count ?? 1),
  });
  // It knows its keys by the first answer only.
  const keys = deferredCredentials[0]?.jwkThumbprintKmsKeyIdMapping;
  while (deferredCredentials.length) {
    const [{ interval, ...deferred }] = deferredCredentials;
    await new Promise((waited) => setTimeout(waited, (interval ?? 1) * 1000));
    ({ credentials, deferredCredentials } = await holder.requestDeferredCredentials({
      issuerMetadata: resolvedCredentialOffer.metadata,
      accessToken,
      dpop,
      ...deferred,
      jwkThumbprintKmsKeyIdMapping: keys,
    }));
  }
  for (const { record, notificationId } of credentials) {
    await keep(agent, record);
    if (notificationId)
      await holder.sendNotification({
        metadata: resolvedCredentialOffer.metadata,
        accessToken,
        dpop,
        notificationId,
        notificationEvent: 'credential_accepted',
      });
  }
  return {
    credentials: credentials.map(({ record, credentialConfiguration }) => ({
      format: credentialConfiguration.format,
      instances: record.credentialInstances?.length ?? 1,
    })),
  };
}

async function logIn(holder, resolvedCredentialOffer) {
  const asked = await holder.resolveOpenId4VciAuthorizationRequest(resolvedCredentialOffer, {
    clientId: CLIENT_ID,
    redirectUri: REDIRECT_URI,
    scope: Object.values(resolvedCredentialOffer.offeredCredentialConfigurations)
      .map(({ scope }) => scope)
      .filter(Boolean),
  });
  let url = asked.authorizationRequestUrl;
  while (!url.startsWith(REDIRECT_URI)) {
    const response = await fetch(url, { redirect: 'manual' });
    if (!response.headers.has('location'))
      throw new Error(`the authorization endpoint answered ${response.status}: ${await response.text()}`);
    url = new URL(response.headers.get('location'), url).href;
  }
  const { authorizationCode } = holder.parseAuthorizationCodeFromAuthorizationResponse({
    resolvedCredentialOffer,
    authorizationResponseRedirectUrl: url,
  });
  return {
    code: authorizationCode,
    clientId: CLIENT_ID,
    redirectUri: REDIRECT_URI,
    codeVerifier: asked.codeVerifier,
    dpop: asked.dpop,
  };
}

const keep = (agent, record) => (record.type === 'SdJwtVcRecord' ? agent.sdJwtVc : agent.w3cCredentials).store({ record });

/** A task may ask for: `request`, `origin`, `roots` to trust. */
export async function present(agent, task, trusted) {
  trust(trusted, task);
  const { holder } = agent.openid4vc;
  // The browser's API hands over a protocol and its data, and vouches for the origin.
  const origin = task.request.data && task.origin;
  const options = { origin, ...(task.roots && { trustedCertificates: [...trusted] }) };
  const { authorizationRequestPayload, dcql, verifier } = await holder.resolveOpenId4VpAuthorizationRequest(
    task.request.data ?? task.request,
    options,
  );
  if (!dcql.queryResult.can_be_satisfied) throw new Error('nothing here satisfies the query');
  const credentials = holder.selectCredentialsForDcqlRequest(dcql.queryResult, { useMode: 'NewOrFirst' });
  const sent = await holder.acceptOpenId4VpAuthorizationRequest({ authorizationRequestPayload, dcql: { credentials }, origin });
  return {
    prefix: verifier.clientIdPrefix,
    ok: sent.ok,
    status: sent.serverResponse?.status,
    body: sent.serverResponse?.body,
    ...(origin && { data: sent.authorizationResponse }),
  };
}

function trust(trusted, { roots }) {
  if (!roots) return;
  const certificates = roots.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  trusted.splice(0, trusted.length, ...certificates.map((pem) => pem.replace(/-----[^-]+-----|\s/g, '')));
}
