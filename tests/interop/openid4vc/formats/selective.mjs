// `ecdsa-sd-2023`: the issuer's proof covers everything, and what the holder passes on is derived from it.
import * as ecdsaSd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import jsigs from 'jsonld-signatures';

const MANDATORY = ['/issuer', '/validFrom', '/validUntil'];
// What every presentation needs: who it is about, and as what.
const ALWAYS = ['/type', '/credentialSubject/id', '/credentialSubject/type'];

const { AssertionProofPurpose } = jsigs.purposes;

export const signing = (pair) =>
  new DataIntegrityProof({ signer: pair.signer(), cryptosuite: ecdsaSd.createSignCryptosuite({ mandatoryPointers: MANDATORY }) });

/** What verifies a derived proof. */
export const verifying = () => new DataIntegrityProof({ cryptosuite: ecdsaSd.createVerifyCryptosuite() });

/** Whether a credential is as its issuer gave it, with everything in it: its proof says so in its first bytes. */
export const isWhole = ({ proof }) => proof.cryptosuite === 'ecdsa-sd-2023' && proof.proofValue.startsWith('u2V0A');

/** Verifies a credential as its issuer gave it. */
export async function confirm(credential, documentLoader) {
  const suite = new DataIntegrityProof({ cryptosuite: ecdsaSd.createConfirmCryptosuite() });
  return jsigs.verify(credential, { suite, purpose: new AssertionProofPurpose(), documentLoader });
}

/** The credential with what `paths` (DCQL) lead to, and what must be there. */
export async function derive(credential, paths, documentLoader) {
  const selectivePointers = [...ALWAYS, ...(paths ?? []).flatMap((path) => pointers(credential, path))];
  const suite = new DataIntegrityProof({ cryptosuite: ecdsaSd.createDiscloseCryptosuite({ selectivePointers }) });
  return vc.derive({ verifiableCredential: credential, suite, documentLoader });
}

/** The JSON pointers of a path, which may go into every member of a list. */
function pointers(value, [step, ...rest]) {
  if (step === undefined) return [''];
  const keys = step === null ? value.map((_, at) => at) : [step];
  return keys.flatMap((key) => pointers(value[key], rest).map((pointer) => `/${key}${pointer}`));
}
