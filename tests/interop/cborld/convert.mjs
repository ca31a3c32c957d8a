// Reads {contexts, tables, jobs} from standard input and answers each job, encode or decode, with npm @digitalbazaar/cborld.
import * as cborld from '@digitalbazaar/cborld';
import {readFileSync} from 'node:fs';

const {contexts, tables, jobs} = JSON.parse(readFileSync(0, 'utf8'));

async function documentLoader(url) {
  if(!(url in contexts)) {
    throw new Error(`unknown context ${url}`);
  }
  return {contextUrl: null, document: contexts[url], documentUrl: url};
}

async function typeTableLoader({registryEntryId}) {
  const types = tables[registryEntryId];
  return types && new Map(Object.entries(types).map(([type, values]) => [type, new Map(Object.entries(values))]));
}

async function answer({format, registryEntryId, encode, decode}) {
  if(encode !== undefined) {
    const bytes = await cborld.encode({jsonldDocument: encode, format, registryEntryId, documentLoader, typeTableLoader});
    return {encoded: Buffer.from(bytes).toString('hex')};
  }
  const cborldBytes = Uint8Array.from(Buffer.from(decode, 'hex'));
  return {decoded: await cborld.decode({cborldBytes, documentLoader, typeTableLoader})};
}

const answers = [];
for(const job of jobs) {
  try {
    answers.push(await answer(job));
  } catch(e) {
    answers.push({error: `${e.name}: ${e.message}`});
  }
}
process.stdout.write(JSON.stringify(answers));
