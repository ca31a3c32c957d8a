// The authorization server of a tenant, by npm @openid4vc/oauth2: pushed requests, codes, tokens, refresh.
import {
  Oauth2AuthorizationServer,
  Oauth2ServerErrorResponseError,
  authorizationCodeGrantIdentifier,
  preAuthorizedCodeGrantIdentifier,
} from '@openid4vc/oauth2';
import { decodeJwt } from 'jose';
import { randomUUID } from 'node:crypto';
import { answer, redirect } from '../server.mjs';

const refuse = (error, error_description, options) => new Oauth2ServerErrorResponseError({ error, error_description }, options);

/** The routes of the authorization server at `as`; a session is found by what the wallet shows: a code, a refresh token, an issuer state. */
export function authorization(tenant) {
  const { as, strict, key, sessions, metadata, callbacks } = tenant;
  const server = new Oauth2AuthorizationServer({ callbacks });
  const pushed = new Map();
  const path = new URL(as).pathname;

  /** What the token endpoint and the pushed request check alike of who is there. */
  const client = ({ dpop, clientAttestation }, expectedClientId) => ({
    dpop: { jwt: dpop?.jwt, jwkThumbprint: dpop?.jwkThumbprint, required: strict, allowedSigningAlgs: ['ES256'] },
    clientAttestation: { ...clientAttestation, required: strict, expectedClientId },
    authorizationServerMetadata: metadata.authorizationServer,
  });

  async function push(request) {
    const parsed = await server.parsePushedAuthorizationRequest({ authorizationRequest: request.form, request });
    const { dpop } = await server.verifyPushedAuthorizationRequest({
      ...parsed,
      authorizationRequestJwt: undefined,
      request,
      ...client(parsed),
    });
    const requestUri = `urn:ietf:params:oauth:request_uri:${randomUUID()}`;
    pushed.set(requestUri, { ...parsed.authorizationRequest, thumbprint: dpop?.jwkThumbprint });
    return answer(
      201,
      server.createPushedAuthorizationResponse({ requestUri, expiresInSeconds: 60 }).pushedAuthorizationResponse,
    );
  }

  /** The end user would log in here; everybody is let in. */
  function authorize({ query }) {
    if (strict && !query.request_uri) throw refuse('invalid_request', 'requests are pushed here');
    const asked = query.request_uri ? pushed.get(query.request_uri) : query;
    pushed.delete(query.request_uri);
    if (!asked || asked.client_id !== query.client_id) throw refuse('invalid_request', 'no such request');
    const session = sessions.find(({ issuerState, code }) => issuerState && issuerState === asked.issuer_state && !code);
    const back = new URL(asked.redirect_uri);
    back.searchParams.set('iss', as);
    if (asked.state) back.searchParams.set('state', asked.state);
    if (!session || asked.response_type !== 'code' || asked.code_challenge_method !== 'S256')
      back.searchParams.set('error', 'invalid_request');
    else {
      const details = asked.authorization_details && [JSON.parse(asked.authorization_details)].flat();
      Object.assign(session, { code: randomUUID(), asked, identified: session.identified || Boolean(details) });
      back.searchParams.set('code', session.code);
    }
    return redirect(back.href);
  }

  /** DPoP with a nonce of ours (RFC 9449 §8), where the tenant is strict. */
  function demandNonce(dpop) {
    if (strict && (!dpop || decodeJwt(dpop.jwt).nonce !== tenant.dpopNonce)) {
      return answer(400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': tenant.dpopNonce });
    }
  }

  async function token(request) {
    const parsed = server.parseAccessTokenRequest({ accessTokenRequest: request.form, request });
    const { grant, dpop } = parsed;
    const missing = demandNonce(dpop);
    if (missing) return missing;
    const common = { ...parsed, request, ...client(parsed) };
    const name = grantName(grant);
    const session = sessions.find(
      (session) => session[name] && session[name] === (grant.code ?? grant.preAuthorizedCode ?? grant.refreshToken),
    );
    if (!session) throw refuse('invalid_grant', 'no such code');
    const checked = await verify(session, grant, common);
    Object.assign(session, { [name]: undefined, attested: Boolean(checked.clientAttestation), refreshToken: randomUUID() });
    return answer(200, await response(session, checked), strict ? { 'dpop-nonce': tenant.dpopNonce } : {});
  }

  const grantName = ({ grantType }) =>
    ({ [authorizationCodeGrantIdentifier]: 'code', [preAuthorizedCodeGrantIdentifier]: 'preAuthorizedCode' })[grantType] ??
    'refreshToken';

  function verify(session, grant, common) {
    if (grant.grantType === preAuthorizedCodeGrantIdentifier) {
      return server.verifyPreAuthorizedCodeAccessTokenRequest({
        ...common,
        expectedPreAuthorizedCode: session.preAuthorizedCode,
        expectedTxCode: session.txCode,
      });
    }
    if (grant.grantType !== authorizationCodeGrantIdentifier) {
      return server.verifyRefreshTokenAccessTokenRequest({ ...common, expectedRefreshToken: session.refreshToken });
    }
    const { asked } = session;
    if (asked.redirect_uri !== common.accessTokenRequest.redirect_uri) throw refuse('invalid_grant', 'another redirect_uri');
    return server.verifyAuthorizationCodeAccessTokenRequest({
      ...common,
      expectedCode: session.code,
      dpop: { ...common.dpop, expectedJwkThumbprint: asked.thumbprint },
      clientAttestation: { ...common.clientAttestation, expectedClientId: asked.client_id },
      pkce: {
        codeVerifier: common.pkceCodeVerifier,
        codeChallenge: asked.code_challenge,
        codeChallengeMethod: asked.code_challenge_method,
      },
    });
  }

  function response(session, { dpop }) {
    const details = [
      { type: 'openid_credential', credential_configuration_id: session.config, credential_identifiers: [session.id] },
    ];
    return server.createAccessTokenResponse({
      audience: tenant.issuer,
      authorizationServer: as,
      expiresInSeconds: 300,
      subject: session.id,
      scope: session.config,
      clientId: session.asked?.client_id,
      signer: { method: 'custom', alg: key.alg, kid: key.kid },
      dpop,
      refreshToken: session.refreshToken,
      additionalAccessTokenResponsePayload: session.identified ? { authorization_details: details } : {},
    });
  }

  return {
    [`GET /.well-known/oauth-authorization-server${path}`]: () => answer(200, metadata.authorizationServer),
    [`GET ${path}/jwks`]: () => answer(200, { keys: [{ ...key.publicJwk, kid: key.kid, use: 'sig', alg: key.alg }] }),
    [`POST ${path}/par`]: push,
    [`GET ${path}/authorize`]: authorize,
    [`POST ${path}/token`]: token,
  };
}
