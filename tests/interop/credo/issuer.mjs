// The agent as issuer: SD-JWT VC and JWT, by the pre-authorized grant. Its `ldp_vc` is of VC DM 1.1, without Data Integrity.
import { ClaimFormat, W3cCredential } from '@credo-ts/core';

const VCT = 'https://credo.example/degree';
const display = [{ name: 'Degree', locale: 'en' }];
const common = (id) => ({
  scope: id,
  cryptographic_binding_methods_supported: ['jwk', 'did:key', 'did:jwk'],
  credential_signing_alg_values_supported: ['ES256'],
  proof_types_supported: { jwt: { proof_signing_alg_values_supported: ['ES256', 'EdDSA'] } },
  credential_metadata: { display },
});
const TYPE = ['VerifiableCredential', 'UniversityDegreeCredential'];
const CONTEXT = ['https://www.w3.org/2018/credentials/v1'];
const configurations = {
  'degree-sd-jwt': { format: 'dc+sd-jwt', vct: VCT, ...common('degree-sd-jwt') },
  'degree-jwt': { format: 'jwt_vc_json', credential_definition: { type: TYPE }, ...common('degree-jwt') },
};

export function issuing(identity) {
  return { issue: (request) => issue(identity, request), open };
}

/** What credo-ts asks for each credential request. */
function issue(identity, { holderBinding, credentialConfigurationId: id }) {
  const holders = holderBinding.keys;
  if (id === 'degree-sd-jwt') {
    const payload = { vct: VCT, iat: Math.floor(Date.now() / 1000), given_name: 'Lucía', degree: { name: 'Enfermería' } };
    const issuer = { method: 'did', didUrl: identity.name.method };
    const credentials = holders.map((key) => ({
      payload,
      issuer,
      disclosureFrame: { _sd: ['given_name', 'degree'] },
      holder: key.method === 'did' ? { method: 'did', didUrl: key.didUrl } : { method: 'jwk', jwk: key.jwk },
    }));
    return { type: 'credentials', format: ClaimFormat.SdJwtDc, credentials };
  }
  const { did, method } = identity.name;
  const credential = (key) =>
    new W3cCredential({
      context: CONTEXT,
      type: TYPE,
      issuer: did,
      issuanceDate: new Date().toISOString().replace(/\.\d+/, ''),
      credentialSubject: { id: key.didUrl?.split('#')[0], claims: { degree: { type: 'BachelorDegree', name: 'Enfermería' } } },
    });
  return {
    type: 'credentials',
    format: ClaimFormat.JwtVc,
    credentials: holders.map((key) => ({ verificationMethod: method, credential: credential(key) })),
  };
}

async function open(agent) {
  const { issuer } = agent.openid4vc;
  await issuer.createIssuer({
    issuerId: 'uni',
    display: [{ name: 'Credo university', locale: 'en' }],
    credentialConfigurationsSupported: configurations,
    batchCredentialIssuance: { batchSize: 3 },
    dpopSigningAlgValuesSupported: ['ES256'],
  });
  return {
    async offer({ config, tx }) {
      const { credentialOffer, issuanceSession } = await issuer.createCredentialOffer({
        issuerId: 'uni',
        credentialConfigurationIds: [config],
        preAuthorizedCodeFlowConfig: tx ? { txCode: { input_mode: 'numeric', length: 4 } } : {},
        version: 'v1',
      });
      return { id: issuanceSession.id, offer: credentialOffer, tx_code: issuanceSession.userPin };
    },
    async result(id) {
      const { state, issuedCredentials } = await issuer.getIssuanceSessionById(id);
      return { status: state, issued: issuedCredentials.length };
    },
  };
}
