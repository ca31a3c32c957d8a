// The agent as verifier.

/** The client id prefixes it has, by how it signs. */
const signers = ({ name, x5c }) => ({
  redirect_uri: { method: 'none' },
  decentralized_identifier: { method: 'did', didUrl: name.method },
  x509_san_dns: { method: 'x5c', x5c, clientIdPrefix: 'x509_san_dns' },
  x509_hash: { method: 'x5c', x5c, clientIdPrefix: 'x509_hash' },
});

export async function verifying(agent, identity, url) {
  const { verifier } = agent.openid4vc;
  await verifier.createVerifier({ verifierId: 'door', clientMetadata: { client_name: 'Credo verifier' } });
  const known = new Set();
  return {
    knows: (id) => known.has(id),
    async open({ scheme = 'redirect_uri', mode = 'direct_post', dcql }) {
      const api = mode.startsWith('dc_api');
      const { authorizationRequest, authorizationRequestObject, verificationSession } = await verifier.createAuthorizationRequest(
        {
          verifierId: 'door',
          requestSigner: signers(identity)[scheme],
          dcql: { query: JSON.parse(dcql) },
          responseMode: mode,
          version: 'v1',
          ...(api && { expectedOrigins: [url] }),
        },
      );
      known.add(verificationSession.id);
      const protocol = `openid4vp-v1-${scheme === 'redirect_uri' ? 'unsigned' : 'signed'}`;
      return { id: verificationSession.id, request: api ? { protocol, data: authorizationRequestObject } : authorizationRequest };
    },
    async receive(verificationSessionId, authorizationResponse) {
      await verifier.verifyAuthorizationResponse({ verificationSessionId, authorizationResponse, origin: url });
      return {};
    },
    async result(id) {
      const { state, errorMessage } = await verifier.getVerificationSessionById(id);
      const status = { ResponseVerified: 'accepted', Error: 'rejected' }[state] ?? 'pending';
      if (status !== 'accepted') return { status, error: errorMessage };
      const { dcql } = await verifier.getVerifiedAuthorizationResponse(id);
      return { status, credentials: Object.keys(dcql.presentations) };
    },
  };
}
