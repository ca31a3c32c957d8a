// What npm @digitalbazaar/ecdsa-sd-2023-cryptosuite takes to sign the diploma of wallet-core's benches, to derive what they show of
// it and to verify that, for `tests/bench`.

import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as suite from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {readFileSync} from 'node:fs';
import {time} from '../time.mjs';

const core = new URL('../../../wallet-core/', import.meta.url);
const read = path => JSON.parse(readFileSync(new URL(path, core), 'utf8'));
const document = read('benches/diploma.json');
const key = await EcdsaMultikey.generate({curve: 'P-256'});
const did = `did:key:${key.publicKeyMultibase}`;
key.id = `${did}#${key.publicKeyMultibase}`;
key.controller = did;
document.issuer.id = did;
delete document.credentialStatus;
const known = {
  'https://www.w3.org/ns/credentials/v2': read('contexts/credentials-v2.jsonld'),
  'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json': read('contexts/open-badges-3.0.3.json'),
  'https://w3id.org/security/multikey/v1': read('contexts/multikey-v1.jsonld'),
  'https://www.w3.org/ns/did/v1': read('contexts/did-v1.jsonld'),
  [key.id]: await key.export({publicKey: true, includeContext: true}),
  [did]: {'@context': 'https://www.w3.org/ns/did/v1', id: did, assertionMethod: [key.id]}
};

async function documentLoader(url) {
  if(known[url]) {
    return {contextUrl: null, documentUrl: url, document: known[url]};
  }
  throw new Error(`not at hand: ${url}`);
}

const issue = () => {
  const cryptosuite = suite.createSignCryptosuite({mandatoryPointers: ['/issuer', '/validFrom']});
  const proof = new DataIntegrityProof({signer: key.signer(), date: '2026-03-01T12:00:00Z', cryptosuite});
  return vc.issue({credential: structuredClone(document), suite: proof, documentLoader});
};
const base = await issue();
const derive = () => {
  const cryptosuite = suite.createDiscloseCryptosuite({selectivePointers: ['/credentialSubject/achievement']});
  return vc.derive({verifiableCredential: base, suite: new DataIntegrityProof({cryptosuite}), documentLoader});
};
const shown = await derive();
const verify = async () => {
  const proof = new DataIntegrityProof({cryptosuite: suite.createVerifyCryptosuite()});
  const result = await vc.verifyCredential({credential: shown, suite: proof, documentLoader});
  if(!result.verified) {
    throw result.error;
  }
};
await time('npm ecdsa-sd-2023-cryptosuite: issue', 'P-256 sign', issue);
await time('npm ecdsa-sd-2023-cryptosuite: derive', 'P-256 verify', derive);
await time('npm ecdsa-sd-2023-cryptosuite: verify', 'P-256 verify', verify);
