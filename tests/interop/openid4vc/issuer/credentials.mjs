// The credential issuer of a tenant, by npm @openid4vc/openid4vci: nonces, key proofs, credentials now or later, notifications.
import { Oauth2ResourceServer, Oauth2ServerErrorResponseError } from '@openid4vc/oauth2';
import { Openid4vciIssuer } from '@openid4vc/openid4vci';
import { decodeJwt } from 'jose';
import { randomUUID } from 'node:crypto';
import { decryptJwe, encryptJwe } from '../callbacks.mjs';
import { formats } from '../formats.mjs';
import { provenKey } from '../formats/ldp_vc.mjs';
import { jwkOf } from '../keys.mjs';
import { answer } from '../server.mjs';

const refuse = (error, error_description) => new Oauth2ServerErrorResponseError({ error, error_description });
const didJwk = (jwk) => `did:jwk:${Buffer.from(JSON.stringify(jwk)).toString('base64url')}`;

export function credentials(tenant) {
  const { issuer, strict, sessions, metadata, callbacks, decryption } = tenant;
  const vci = new Openid4vciIssuer({ callbacks });
  const resources = new Oauth2ResourceServer({ callbacks });
  const issuerMetadata = {
    originalDraftVersion: 'V1',
    credentialIssuer: metadata.credentialIssuer,
    authorizationServers: [metadata.authorizationServer],
    knownCredentialConfigurations: vci.getKnownCredentialConfigurationsSupported(metadata.credentialIssuer),
  };
  const nonces = new Set();
  const path = new URL(issuer).pathname;

  function nonce() {
    const cNonce = randomUUID();
    nonces.add(cNonce);
    return answer(
      200,
      vci.createNonceResponse({ cNonce, cNonceExpiresIn: 60 }),
      strict ? { 'dpop-nonce': tenant.dpopNonce } : {},
    );
  }

  /** The session of an access token; a strict tenant wants DPoP with its nonce. */
  async function sessionOf(request) {
    const verified = await resources.verifyResourceRequest({
      request,
      resourceServer: issuer,
      authorizationServers: [metadata.authorizationServer],
      allowedAuthenticationSchemes: strict ? ['DPoP'] : undefined,
    });
    const session = sessions.find(({ id }) => id === verified.tokenPayload.sub);
    session.dpop = Boolean(verified.dpop);
    return session;
  }

  const staleNonce = (request) => strict && decodeJwt(request.headers.get('DPoP') ?? 'e30.e30.').nonce !== tenant.dpopNonce;
  const demandNonce = () =>
    answer(
      401,
      { error: 'use_dpop_nonce' },
      { 'dpop-nonce': tenant.dpopNonce, 'www-authenticate': 'DPoP error="use_dpop_nonce"' },
    );

  /** `handle(session, body)` for whoever has a token, with encrypted bodies opened. */
  const protectedBy = (handle) => async (request) => {
    const session = await sessionOf(request);
    if (staleNonce(request)) return demandNonce();
    const encrypted = request.headers.get('content-type')?.startsWith('application/jwt');
    if (strict && !encrypted && handle !== notify) throw refuse('invalid_encryption_parameters', 'requests are encrypted here');
    return handle(session, JSON.parse(encrypted ? await decryptJwe(decryption, request.text) : request.text));
  };

  async function issue(session, body) {
    if (body.proof) throw refuse('invalid_credential_request', 'proofs, not proof');
    // The package insists on an `alg` beside the key, as drafts had it.
    const { credential_response_encryption: encryption, ...credentialRequest } = body;
    const { credentialConfigurationId, credentialIdentifier, proofs } = vci.parseCredentialRequest({
      issuerMetadata,
      credentialRequest,
    });
    const asked = session.identified ? credentialIdentifier === session.id : credentialConfigurationId === session.config;
    if (!asked)
      throw refuse(
        session.identified ? 'unknown_credential_identifier' : 'unknown_credential_configuration',
        'not what was authorized',
      );
    const holders = await holdersOf(session, { ...body.proofs, ...proofs });
    Object.assign(session, { holders, encryption, polls: session.deferred ? 0 : 1 });
    return deliver(session);
  }

  /** The keys that the proofs prove, one credential each. */
  async function holdersOf(session, { jwt, attestation, di_vp }) {
    const once = (nonce) => {
      if (!nonces.has(nonce)) throw refuse('invalid_nonce', 'no nonce of ours');
      return nonce;
    };
    const holders = [];
    const { proof_types_supported } = metadata.credentialIssuer.credential_configurations_supported[session.config];
    for (const proof of jwt ?? []) {
      const expectedNonce = once(decodeJwt(proof).nonce);
      const clientId = decodeJwt(proof).iss && session.asked?.client_id;
      const { signer, keyAttestation } = await vci.verifyCredentialRequestJwtProof({
        issuerMetadata,
        jwt: proof,
        expectedNonce,
        clientId,
      });
      if (proof_types_supported.jwt.key_attestations_required && !keyAttestation)
        throw refuse('invalid_proof', 'a key attestation is required');
      holders.push({
        publicJwk: signer.publicJwk,
        did: signer.method === 'did' ? signer.didUrl.split('#')[0] : didJwk(signer.publicJwk),
      });
    }
    for (const keyAttestationJwt of attestation ?? []) {
      const expectedNonce = once(decodeJwt(keyAttestationJwt).nonce);
      const { payload } = await vci.verifyCredentialRequestAttestationProof({ issuerMetadata, keyAttestationJwt, expectedNonce });
      holders.push(...payload.attested_keys.map((publicJwk) => ({ publicJwk, did: didJwk(publicJwk) })));
    }
    for (const proof of di_vp ?? []) {
      const expected = { nonce: once([proof.proof].flat()[0].challenge), audience: issuer };
      const method = await provenKey(proof, expected).catch((error) => {
        throw refuse('invalid_proof', error.message);
      });
      holders.push({ publicJwk: await jwkOf(method), did: method.split('#')[0] });
    }
    if (holders.length === 0) throw refuse('invalid_proof', 'no proof');
    [...(jwt ?? []), ...(attestation ?? [])].forEach((proof) => nonces.delete(decodeJwt(proof).nonce));
    (di_vp ?? []).forEach((proof) => nonces.delete([proof.proof].flat()[0].challenge));
    session.proved = Object.keys({ ...(jwt && { jwt }), ...(attestation && { attestation }), ...(di_vp && { di_vp }) });
    return holders;
  }

  /** The credentials, or a transaction to ask for once more: a deferred one is ready at the second poll. */
  async function deliver(session) {
    if (session.polls < 1) {
      session.transaction = session.transaction ?? randomUUID();
      return encrypted(session, 202, { transaction_id: session.transaction, interval: 1 });
    }
    const { format } = metadata.credentialIssuer.credential_configurations_supported[session.config];
    const issued = [];
    for (const holder of session.holders)
      issued.push({ credential: await formats[format].issue({ issuer: tenant.signer(session.config), holder }) });
    session.notification = randomUUID();
    session.issued = issued.length;
    return encrypted(session, 200, { credentials: issued, notification_id: session.notification });
  }

  async function encrypted({ encryption }, status, body) {
    if (strict && !encryption) throw refuse('invalid_encryption_parameters', 'responses are encrypted here');
    if (!encryption) return answer(status, body);
    const { jwe } = await encryptJwe({ publicJwk: encryption.jwk, enc: encryption.enc }, JSON.stringify(body));
    return answer(status, jwe, {}, 'application/jwt');
  }

  function later(session, body) {
    const { deferredCredentialRequest } = vci.parseDeferredCredentialRequest({
      deferredCredentialRequest: { transaction_id: body.transaction_id },
    });
    if (!session.transaction || deferredCredentialRequest.transaction_id !== session.transaction)
      throw refuse('invalid_transaction_id', 'no such transaction');
    session.polls += 0.5;
    session.encryption = body.credential_response_encryption ?? session.encryption;
    return deliver(session);
  }

  function notify(session, { notification_id, event }) {
    if (notification_id !== session.notification) throw refuse('invalid_notification_id', 'no such notification');
    session.notified = event;
    return { status: 204, headers: {}, body: '' };
  }

  async function describe(request) {
    if (!request.headers.get('accept')?.includes('application/jwt') || !strict) return answer(200, metadata.credentialIssuer);
    const jwt = await vci.createSignedCredentialIssuerMetadataJwt({
      credentialIssuerMetadata: metadata.credentialIssuer,
      signer: { method: 'did', alg: tenant.key.alg, didUrl: tenant.key.kid },
      issuer: tenant.key.did,
    });
    return answer(200, jwt, {}, 'application/jwt');
  }

  return {
    [`GET /.well-known/openid-credential-issuer${path}`]: describe,
    [`POST ${path}/nonce`]: nonce,
    [`POST ${path}/credential`]: protectedBy(issue),
    [`POST ${path}/deferred`]: protectedBy(later),
    [`POST ${path}/notification`]: protectedBy(notify),
  };
}
