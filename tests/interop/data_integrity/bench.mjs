// What npm @digitalbazaar/vc takes to issue and verify the diploma of wallet-core's benches, for `tests/bench`.

import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {readFileSync} from 'node:fs';
import {time} from '../time.mjs';

const core = new URL('../../../wallet-core/', import.meta.url);
const read = path => JSON.parse(readFileSync(new URL(path, core), 'utf8'));
const document = read('benches/diploma.json');
const contexts = {
  'https://www.w3.org/ns/credentials/v2': read('contexts/credentials-v2.jsonld'),
  'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json': read('contexts/open-badges-3.0.3.json'),
  'https://w3id.org/security/multikey/v1': read('contexts/multikey-v1.jsonld'),
  'https://www.w3.org/ns/did/v1': read('contexts/did-v1.jsonld')
};
const key = await Ed25519Multikey.generate({seed: Buffer.alloc(32, 7)});
const did = `did:key:${key.publicKeyMultibase}`;
key.id = `${did}#${key.publicKeyMultibase}`;
key.controller = did;
document.issuer.id = did;
delete document.credentialStatus;

async function documentLoader(url) {
  const method = {
    '@context': 'https://w3id.org/security/multikey/v1',
    id: key.id, type: 'Multikey', controller: did, publicKeyMultibase: key.publicKeyMultibase
  };
  const controller = {'@context': 'https://www.w3.org/ns/did/v1', id: did, assertionMethod: [key.id]};
  const known = {[key.id]: method, [did]: controller, ...contexts};
  if(known[url]) {
    return {contextUrl: null, documentUrl: url, document: known[url]};
  }
  throw new Error(`not at hand: ${url}`);
}

const issue = () => {
  const suite = new DataIntegrityProof({signer: key.signer(), date: '2026-03-01T12:00:00Z', cryptosuite});
  return vc.issue({credential: structuredClone(document), suite, documentLoader});
};
const credential = await issue();
const verify = async () => {
  const suite = new DataIntegrityProof({cryptosuite});
  const result = await vc.verifyCredential({credential, suite, documentLoader});
  if(!result.verified) {
    throw result.error;
  }
};
await time('npm @digitalbazaar/vc eddsa-rdfc-2022: issue', 'Ed25519 sign', issue);
await time('npm @digitalbazaar/vc eddsa-rdfc-2022: verify', 'Ed25519 verify', verify);
