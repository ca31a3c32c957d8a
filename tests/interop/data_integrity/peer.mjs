// The other side of tests/interop_data_integrity.rs: npm @digitalbazaar/vc signing and verifying with its EdDSA cryptosuites.
//
// Reads one JSON request from standard input, `{op, suite, seed, contexts, documents}`, and answers with a JSON array of one
// result a document: the signed document or `{verified, error}`.

import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as jcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as rdfc from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {readFileSync} from 'node:fs';

const request = JSON.parse(readFileSync(0, 'utf8'));
const created = '2026-01-01T00:00:00Z';
const challenge = 'n-1';
const domain = 'https://verifier.example';

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

const suite = request.suite === 'eddsa-jcs-2022' ? jcs : rdfc;
const isPresentation = document => [document.type].flat().includes('VerifiablePresentation');

async function sign(document) {
  const key = await Ed25519Multikey.generate({seed: Buffer.from(request.seed, 'hex')});
  const did = `did:key:${key.publicKeyMultibase}`;
  key.id = `${did}#${key.publicKeyMultibase}`;
  key.controller = did;
  const cryptosuite = suite.createSignCryptosuite ? suite.createSignCryptosuite() : suite.cryptosuite;
  const proof = new DataIntegrityProof({signer: key.signer(), date: created, cryptosuite});
  if(isPresentation(document)) {
    return vc.signPresentation({presentation: document, suite: proof, challenge, domain, documentLoader});
  }
  return vc.issue({credential: document, suite: proof, documentLoader, now: created});
}

async function verify(document) {
  const cryptosuite = suite.createVerifyCryptosuite ? suite.createVerifyCryptosuite() : suite.cryptosuite;
  const proof = new DataIntegrityProof({cryptosuite});
  const result = isPresentation(document) ?
    await vc.verify({presentation: document, suite: proof, challenge, domain, documentLoader, now: created}) :
    await vc.verifyCredential({credential: document, suite: proof, documentLoader, now: created});
  const error = result.error?.errors?.map(String).join('; ') ?? result.error?.message;
  return {verified: result.verified, error};
}

const results = [];
for(const document of request.documents) {
  try {
    results.push(request.op === 'sign' ? await sign(document) : await verify(document));
  } catch(error) {
    results.push({verified: false, error: String(error.cause ?? error)});
  }
}
process.stdout.write(JSON.stringify(results));
