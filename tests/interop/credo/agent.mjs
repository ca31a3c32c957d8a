// A credo-ts agent that is issuer, verifier and wallet at once: prints `{ "url", "roots" }`, serves on loopback and reads wallet tasks, one
// JSON object a line, until its input ends.
//
//   GET /offer?config=ID&tx=1               -> { "id", "offer", "tx_code" }      (pre-authorized only: codes need a chained server)
//   GET /new?scheme=PREFIX&mode=MODE&dcql=… -> { "id", "request" }     (POST /dc/ID takes what the browser's API gives)
//   GET /result/ID                          -> what became of either
//   { "do": "receive" | "present", … }      -> one line
import { Agent, DidsModule, Kms, X509Module } from '@credo-ts/core';
import { OpenId4VcModule } from '@credo-ts/openid4vc';
import { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import express from 'express';
import { MemoryKeys } from './keys.mjs';
import { issuing } from './issuer.mjs';
import { NoFiles, StorageModule } from './storage.mjs';
import { verifying } from './verifier.mjs';
import { present, receive } from './wallet.mjs';

const app = express();
const server = app.listen(0, '127.0.0.1');
await new Promise((ready) => server.once('listening', ready));
const url = `http://localhost:${server.address().port}`;

const identity = {};
const trusted = [];
const agent = new Agent({
  config: { allowInsecureHttpUrls: true, autoUpdateStorageOnStartup: true },
  dependencies: { FileSystem: NoFiles, EventEmitterClass: EventEmitter, fetch, WebSocketClass: class {} },
  modules: {
    storage: new StorageModule(),
    kms: new Kms.KeyManagementModule({ backends: [new MemoryKeys()] }),
    dids: new DidsModule(),
    x509: new X509Module({ getTrustedCertificatesForVerification: () => (trusted.length ? trusted : undefined) }),
    openid4vc: new OpenId4VcModule({
      app,
      issuer: { baseUrl: `${url}/issuer`, credentialRequestToCredentialMapper: (request) => identity.issue(request) },
      verifier: { baseUrl: `${url}/verifier` },
    }),
  },
});
await agent.initialize();

identity.roots = await name(agent, identity);
trusted.push(identity.root);
Object.assign(identity, issuing(identity));
const issuer = await identity.open(agent);
const verifier = await verifying(agent, identity, url);

app.get('/offer', (request, response, next) => issuer.offer(request.query).then((made) => response.json(made), next));
app.get('/new', (request, response, next) => verifier.open(request.query).then((made) => response.json(made), next));
app.post('/dc/:id', express.json({ limit: '1mb' }), (request, response, next) =>
  verifier.receive(request.params.id, request.body.data).then((said) => response.json(said), next),
);
app.get('/result/:id', (request, response, next) =>
  (verifier.knows(request.params.id) ? verifier : issuer).result(request.params.id).then((said) => response.json(said), next),
);
console.log(JSON.stringify({ url, roots: identity.roots }));

/** A did:key, and a key with a certificate for `localhost`; returns its root. */
async function name(agent, identity) {
  const { didState } = await agent.dids.create({ method: 'key', options: { createKey: { type: { kty: 'EC', crv: 'P-256' } } } });
  identity.name = { did: didState.did, method: didState.didDocument.verificationMethod[0].id };
  const key = async () =>
    Kms.PublicJwk.fromPublicJwk((await agent.kms.createKey({ type: { kty: 'EC', crv: 'P-256' } })).publicJwk);
  const [authorityKey, subjectPublicKey] = [await key(), await key()];
  const validity = { notBefore: new Date(Date.now() - 86400000), notAfter: new Date(Date.now() + 30 * 86400000) };
  const root = await agent.x509.createCertificate({
    authorityKey,
    issuer: { commonName: 'Credo root' },
    validity,
    extensions: {
      basicConstraints: { ca: true, markAsCritical: true },
      keyUsage: { usages: ['keyCertSign'].map(usage), markAsCritical: true },
    },
  });
  const leaf = await agent.x509.createCertificate({
    authorityKey,
    subjectPublicKey,
    issuer: root.subject,
    subject: { commonName: 'Credo leaf' },
    validity,
    extensions: {
      subjectAlternativeName: { name: [{ type: 'dns', value: 'localhost' }] },
      keyUsage: { usages: ['digitalSignature'].map(usage), markAsCritical: true },
    },
  });
  leaf.publicJwk.keyId = subjectPublicKey.keyId;
  identity.x5c = [leaf];
  identity.root = root.toString('base64');
  return root.toString('pem');
}

function usage(name) {
  return { digitalSignature: 1, keyCertSign: 32 }[name];
}

const verbs = { receive, present };
for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  const done = await verbs[task.do](agent, task, trusted).catch((error) => ({
    error: [error.message, error.cause?.message].filter(Boolean).join(': '),
  }));
  console.log(JSON.stringify(done));
}
process.exit();
