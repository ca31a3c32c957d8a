// Documents at hand, and the types of a credential as IRIs. The file that CONTEXTS names has the JSON-LD contexts; nothing is fetched.
import jsonld from 'jsonld';
import { readFileSync } from 'node:fs';
import { methodOf } from '../keys.mjs';

const contexts = process.env.CONTEXTS ? JSON.parse(readFileSync(process.env.CONTEXTS, 'utf8')) : {};

const DID_CONTEXTS = ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'];

export async function documentLoader(url) {
  return { contextUrl: null, documentUrl: url, document: contexts[url] ?? (await didDocument(url)) };
}

async function didDocument(url) {
  if (!url.startsWith('did:')) throw new Error(`not at hand: ${url}`);
  const method = await methodOf(url);
  if (url.includes('#')) return { '@context': DID_CONTEXTS[1], ...method };
  return {
    '@context': DID_CONTEXTS,
    id: url,
    verificationMethod: [method],
    assertionMethod: [method.id],
    authentication: [method.id],
  };
}

export async function expandedTypes(credential) {
  const { '@context': context, type } = credential;
  const [expanded] = await jsonld.expand({ '@context': context, type }, { documentLoader });
  return expanded?.['@type'] ?? [];
}
