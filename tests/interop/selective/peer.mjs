// The other side of tests/interop_selective.rs: npm @digitalbazaar/vc with its suites for selective disclosure.
//
// Reads one JSON request from standard input, `{op, suite, key, contexts, items}`, and answers with a JSON array of one result an
// item: what `sign` made of `{document, pointers}`, what `derive` made of it, or `{verified, error}` for `verify` and `confirm`.

import * as bbs from '@digitalbazaar/bbs-2023-cryptosuite';
import * as Bls12381Multikey from '@digitalbazaar/bls12-381-multikey';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as ecdsa from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import jsigs from 'jsonld-signatures';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {readFileSync} from 'node:fs';

const {purposes: {AssertionProofPurpose}} = jsigs;
const request = JSON.parse(readFileSync(0, 'utf8'));
const created = '2026-01-01T00:00:00Z';
const suite = request.suite === 'bbs-2023' ? bbs : ecdsa;

async function documentLoader(url) {
  if(request.contexts[url]) {
    return {contextUrl: null, documentUrl: url, document: request.contexts[url]};
  }
  if(url.startsWith('did:key:')) {
    return {contextUrl: null, documentUrl: url, document: keyDocument(url)};
  }
  throw new Error(`not at hand: ${url}`);
}

function keyDocument(url) {
  const [did, fragment] = url.split('#');
  const publicKeyMultibase = did.slice('did:key:'.length);
  const id = `${did}#${publicKeyMultibase}`;
  const method = {'@context': 'https://w3id.org/security/multikey/v1', id, type: 'Multikey', controller: did, publicKeyMultibase};
  if(fragment) {
    return method;
  }
  const {'@context': _, ...bare} = method;
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did, verificationMethod: [bare], assertionMethod: [id], authentication: [id]
  };
}

async function signer() {
  const {publicMultikey, secretMultikey, publicHex, secretHex} = request.key;
  const did = `did:key:${publicMultikey}`;
  const key = request.suite === 'bbs-2023' ?
    await Bls12381Multikey.fromRaw({
      algorithm: Bls12381Multikey.ALGORITHMS.BBS_BLS12381_SHA256,
      secretKey: new Uint8Array(Buffer.from(secretHex, 'hex')),
      publicKey: new Uint8Array(Buffer.from(publicHex, 'hex'))
    }) :
    await EcdsaMultikey.from({publicKeyMultibase: publicMultikey, secretKeyMultibase: secretMultikey});
  key.id = `${did}#${publicMultikey}`;
  key.controller = did;
  return key.signer();
}

const operations = {
  async sign({document, pointers}) {
    const cryptosuite = suite.createSignCryptosuite({mandatoryPointers: pointers});
    const proof = new DataIntegrityProof({signer: await signer(), date: created, cryptosuite});
    return vc.issue({credential: document, suite: proof, documentLoader, now: created});
  },
  async derive({document, pointers}) {
    const cryptosuite = suite.createDiscloseCryptosuite({selectivePointers: pointers});
    return vc.derive({verifiableCredential: document, suite: new DataIntegrityProof({cryptosuite}), documentLoader});
  },
  async verify({document}) {
    const proof = new DataIntegrityProof({cryptosuite: suite.createVerifyCryptosuite()});
    return result(await vc.verifyCredential({credential: document, suite: proof, documentLoader, now: created}));
  },
  async confirm({document}) {
    const proof = new DataIntegrityProof({cryptosuite: suite.createConfirmCryptosuite()});
    return result(await jsigs.verify(document, {suite: proof, purpose: new AssertionProofPurpose(), documentLoader}));
  }
};

function result({verified, error}) {
  return {verified, error: error?.errors?.map(String).join('; ') ?? error?.message};
}

const results = [];
for(const item of request.items) {
  try {
    results.push(await operations[request.op](item));
  } catch(error) {
    results.push({verified: false, error: String(error.cause ?? error)});
  }
}
process.stdout.write(JSON.stringify(results));
