// What a tenant of the foreign issuer says of itself. `open` asks for nothing that the standard leaves free; `strict` for everything.
import * as jwtVc from '../formats/jwt_vc.mjs';
import * as ldpVc from '../formats/ldp_vc.mjs';
import { VCT } from '../formats/sd_jwt.mjs';

const algorithms = { proof_signing_alg_values_supported: ['ES256', 'EdDSA'] };
const attested = { ...algorithms, key_attestations_required: {} };
const proofs = { jwt: algorithms, attestation: attested };

const display = [
  { name: 'Degree', locale: 'en' },
  { name: 'Título', locale: 'es' },
];

const configuration = (id, more) => ({
  scope: id,
  cryptographic_binding_methods_supported: ['jwk', 'did:key', 'did:jwk'],
  credential_signing_alg_values_supported: ['ES256'],
  proof_types_supported: proofs,
  credential_metadata: { display, claims: [{ path: ['given_name'], display: [{ name: 'Nombre', locale: 'es' }] }] },
  ...more,
});
const sdJwt = (id, more) => configuration(id, { format: 'dc+sd-jwt', vct: VCT, ...more });
const ldp = (id, suite) =>
  configuration(id, {
    format: 'ldp_vc',
    credential_definition: { '@context': ldpVc.CONTEXT, type: ldpVc.TYPE },
    credential_signing_alg_values_supported: [suite],
    proof_types_supported: { ...proofs, di_vp: { proof_signing_alg_values_supported: ['ecdsa-rdfc-2019', 'eddsa-rdfc-2022'] } },
    credential_metadata: { display },
  });

/** The credentials by configuration: how the issuer's key is found is in the name where there are several ways. */
export const configurations = {
  'degree-sd-jwt': sdJwt('degree-sd-jwt'),
  'degree-sd-jwt-x5c': sdJwt('degree-sd-jwt-x5c'),
  'degree-sd-jwt-web': sdJwt('degree-sd-jwt-web'),
  'degree-sd-jwt-attested': sdJwt('degree-sd-jwt-attested', { proof_types_supported: { jwt: attested, attestation: attested } }),
  'degree-jwt': configuration('degree-jwt', {
    format: 'jwt_vc_json',
    credential_definition: { type: jwtVc.TYPE },
    credential_metadata: { display },
  }),
  'degree-ldp': ldp('degree-ldp', 'eddsa-rdfc-2022'),
  'degree-ldp-p256': ldp('degree-ldp-p256', 'ecdsa-rdfc-2019'),
  'degree-ldp-sd': ldp('degree-ldp-sd', 'ecdsa-sd-2023'),
};

export function authorizationServer({ as, strict }) {
  return {
    issuer: as,
    token_endpoint: `${as}/token`,
    authorization_endpoint: `${as}/authorize`,
    jwks_uri: `${as}/jwks`,
    pushed_authorization_request_endpoint: `${as}/par`,
    require_pushed_authorization_requests: strict,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    grant_types_supported: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:pre-authorized_code'],
    token_endpoint_auth_methods_supported: strict ? ['attest_jwt_client_auth'] : ['none', 'attest_jwt_client_auth'],
    client_attestation_signing_alg_values_supported: ['ES256'],
    client_attestation_pop_signing_alg_values_supported: ['ES256'],
    dpop_signing_alg_values_supported: ['ES256'],
    'pre-authorized_grant_anonymous_access_supported': !strict,
  };
}

export function credentialIssuer({ issuer, as, strict, encryptionJwk }) {
  return {
    credential_issuer: issuer,
    authorization_servers: [as],
    credential_endpoint: `${issuer}/credential`,
    nonce_endpoint: `${issuer}/nonce`,
    deferred_credential_endpoint: `${issuer}/deferred`,
    notification_endpoint: `${issuer}/notification`,
    credential_request_encryption: {
      jwks: { keys: [encryptionJwk] },
      enc_values_supported: ['A128GCM', 'A256GCM'],
      encryption_required: strict,
    },
    credential_response_encryption: {
      alg_values_supported: ['ECDH-ES'],
      enc_values_supported: ['A128GCM', 'A256GCM'],
      encryption_required: strict,
    },
    batch_credential_issuance: { batch_size: 5 },
    display: [
      { name: 'Foreign university', locale: 'en' },
      { name: 'Universidad ajena', locale: 'es' },
    ],
    credential_configurations_supported: configurations,
  };
}
