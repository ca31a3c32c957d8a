// The other side of tests/interop_data_integrity.rs: npm @digitalbazaar/vc signing and verifying with its cryptosuites.
//
// Reads one JSON request from standard input and answers with a JSON array of one result a document. The request is
// `{op, suite, key, contexts, documents}`: `suite` is a cryptosuite or `Ed25519Signature2020`, `key` is
// `{publicKeyMultibase, secretKeyMultibase}`; the result of `sign` is the document with one proof more, that of `verify` is
// `{verified, error}`, good only when every proof is; an inclusion proof is none that the package knows, and it is to skip it.

import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import * as ecdsaRdfc from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as eddsaRdfc from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import jsigs from 'jsonld-signatures';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {Ed25519VerificationKey2020} from '@digitalbazaar/ed25519-verification-key-2020';
import {readFileSync} from 'node:fs';

const request = JSON.parse(readFileSync(0, 'utf8'));
const created = '2026-01-01T00:00:00Z';
const challenge = 'n-1';
const domain = 'https://verifier.example';

const suites = {
  'eddsa-rdfc-2022': eddsaRdfc, 'eddsa-jcs-2022': eddsaJcs, 'ecdsa-rdfc-2019': ecdsaRdfc, 'ecdsa-jcs-2019': ecdsaJcs
};

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

const isPresentation = document => [document.type].flat().includes('VerifiablePresentation');

async function signer() {
  const controller = `did:key:${request.key.publicKeyMultibase}`;
  const named = {controller, id: `${controller}#${request.key.publicKeyMultibase}`};
  if(request.suite === 'Ed25519Signature2020') {
    const key = await Ed25519VerificationKey2020.generate({seed: Buffer.from(request.key.seed, 'hex'), ...named});
    return new Ed25519Signature2020({key, date: created});
  }
  const suite = suites[request.suite];
  const cryptosuite = suite.createSignCryptosuite ? suite.createSignCryptosuite() : suite.cryptosuite;
  const key = request.suite.startsWith('ecdsa') ?
    await EcdsaMultikey.from({type: 'Multikey', ...named, ...request.key}) :
    await Ed25519Multikey.generate({seed: Buffer.from(request.key.seed, 'hex'), ...named});
  return new DataIntegrityProof({signer: key.signer(), date: created, cryptosuite});
}

async function sign(document) {
  const suite = await signer();
  if(isPresentation(document)) {
    return vc.signPresentation({presentation: document, suite, challenge, domain, documentLoader});
  }
  return vc.issue({credential: document, suite, documentLoader, now: created});
}

function verifier(name) {
  const suite = suites[name];
  return new DataIntegrityProof({cryptosuite: suite.createVerifyCryptosuite ? suite.createVerifyCryptosuite() : suite.cryptosuite});
}

async function verify(document) {
  const suite = Object.keys(suites).map(verifier);
  // Of a set, only the issuer's own proof passes the package's purpose for credentials.
  const signatures = [document.proof].flat().filter(proof => proof.cryptosuite !== 'merkle-anchor-2026');
  const several = signatures.length > 1;
  const purpose = several ? {purpose: new jsigs.purposes.AssertionProofPurpose()} : {};
  const result = isPresentation(document) ?
    await vc.verify({presentation: document, suite, challenge, domain, documentLoader, now: created}) :
    await vc.verifyCredential({credential: document, suite, documentLoader, now: created, ...purpose});
  // The package is content with one good proof of a set.
  const proofs = (isPresentation(document) ? result.presentationResult : result)?.results ?? [];
  const every = proofs.length === signatures.length && proofs.every(proof => proof.verified);
  const errors = result.error?.errors ?? proofs.map(proof => proof.error).filter(Boolean);
  const error = errors.map(String).join('; ') || result.error?.message;
  return {verified: result.verified && every, error};
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
