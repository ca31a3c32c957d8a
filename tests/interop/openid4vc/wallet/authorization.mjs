// Comes by an access token: the pre-authorized grant, or the authorization endpoint as a browser would visit it.
import { getAuthorizationServerMetadataFromList, Oauth2Client, preAuthorizedCodeGrantIdentifier } from '@openid4vc/oauth2';

export const CLIENT_ID = 'https://wallet.foreign.example';
const REDIRECT_URI = 'https://wallet.foreign.example/cb';

/** An access token, by whichever grant the offer has. */
export async function authorize(session) {
  const { client, credentialOffer, task } = session;
  const preAuthorized = credentialOffer.grants?.[preAuthorizedCodeGrantIdentifier];
  const redeem = preAuthorized ? () => redeemPreAuthorized(session) : await logIn(session);
  const first = await redeem();
  if (task.again === 'code') await redeem();
  session.dpop = first.dpop ?? session.dpop;
  if (!task.refresh) return first.accessTokenResponse;
  const authorizationServerMetadata = getAuthorizationServerMetadataFromList(
    session.issuerMetadata.authorizationServers,
    first.authorizationServer,
  );
  const again = await new Oauth2Client({ callbacks: session.party }).retrieveRefreshTokenAccessToken({
    authorizationServerMetadata,
    refreshToken: first.accessTokenResponse.refresh_token,
    dpop: session.dpop,
  });
  return again.accessTokenResponse;
}

const redeemPreAuthorized = ({ client, credentialOffer, issuerMetadata, dpop, task }) =>
  client.retrievePreAuthorizedCodeAccessTokenFromOffer({ credentialOffer, issuerMetadata, txCode: task.tx_code, dpop });

/** Goes through the authorization endpoint as a browser would, and returns how to redeem the code. */
async function logIn(session) {
  const { client, credentialOffer, issuerMetadata, configuration, task } = session;
  const { scope } = issuerMetadata.credentialIssuer.credential_configurations_supported[configuration];
  const details = JSON.stringify([{ type: 'openid_credential', credential_configuration_id: configuration }]);
  const asked = task.details ? { additionalRequestPayload: { authorization_details: details } } : { scope };
  const { authorizationRequestUrl, authorizationServer, pkce, dpop } = await client.initiateAuthorization({
    credentialOffer,
    issuerMetadata,
    clientId: CLIENT_ID,
    redirectUri: REDIRECT_URI,
    dpop: session.dpop,
    ...asked,
  });
  const url = await browse(authorizationRequestUrl);
  const authorizationServerMetadata = getAuthorizationServerMetadataFromList(
    issuerMetadata.authorizationServers,
    authorizationServer,
  );
  const { code, error } = client.parseAndVerifyAuthorizationResponseRedirectUrl({ url, authorizationServerMetadata });
  if (error) throw new Error(`the authorization was refused: ${error}`);
  const pkceCodeVerifier = task.spoil === 'pkce' ? `${pkce.codeVerifier}x` : pkce.codeVerifier;
  return () =>
    client.retrieveAuthorizationCodeAccessTokenFromOffer({
      credentialOffer,
      issuerMetadata,
      authorizationCode: code,
      pkceCodeVerifier,
      redirectUri: REDIRECT_URI,
      dpop: dpop ?? session.dpop,
    });
}

async function browse(url) {
  for (let steps = 0; steps < 10; steps += 1) {
    const response = await fetch(url, { redirect: 'manual' });
    const location = response.headers.get('location');
    if (!location) throw new Error(`the authorization endpoint answered ${response.status}: ${await response.text()}`);
    if (location.startsWith(REDIRECT_URI)) return location;
    url = new URL(location, url).href;
  }
  throw new Error('too many redirects');
}
