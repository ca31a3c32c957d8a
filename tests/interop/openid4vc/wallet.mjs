// A foreign wallet: prints `{ "roots", "provider" }`, then reads tasks, one JSON object a line, and answers each with one line.
// `{ "do": "receive", … }` and `{ "do": "present", … }` say in wallet/*.mjs what else they take; credentials are kept while it runs.
import { createInterface } from 'node:readline';
import { calculateJwkThumbprint } from 'jose';
import { Keyring, certify, newKey } from './keys.mjs';
import { present } from './wallet/present.mjs';
import { receive } from './wallet/receive.mjs';

class Wallet {
  keyring = new Keyring();
  credentials = [];
  holders = [];

  async newHolder() {
    const key = await this.keyring.add(await newKey());
    this.holders.push(key);
    return key;
  }

  /** The key that a credential names as its holder's, by JWK or DID, under that name. */
  async holder(named) {
    for (const key of this.holders) {
      if (key.did === named) return key;
      if (typeof named === 'object' && (await calculateJwkThumbprint(named)) === (await calculateJwkThumbprint(key.publicJwk)))
        return key;
      if (typeof named === 'string' && named.startsWith('did:jwk:') && (await this.#sameKey(named, key)))
        return underDidJwk(key, named);
    }
    throw new Error('a credential for somebody else');
  }

  async #sameKey(did, key) {
    const jwk = JSON.parse(Buffer.from(did.slice('did:jwk:'.length), 'base64url'));
    return (await calculateJwkThumbprint(jwk)) === (await calculateJwkThumbprint(key.publicJwk));
  }

  /** The wallet provider signs attestations under its DID, or with a certificate where the task says so. */
  providerSigner({ by }) {
    const { alg, kid, x5c } = this.provider;
    return by === 'x5c' ? { method: 'x5c', alg, x5c } : { method: 'did', alg, didUrl: kid };
  }
}

function underDidJwk(key, did) {
  const pair = Object.assign(Object.create(key.pair), { controller: did, id: `${did}#0` });
  return { ...key, did, kid: `${did}#0`, pair };
}

const wallet = new Wallet();
wallet.provider = await wallet.keyring.add(await newKey());
const { pem, x5c } = await certify(wallet.provider, 'provider.foreign.example');
wallet.provider.x5c = x5c;
console.log(JSON.stringify({ roots: pem, provider: wallet.provider.did }));

const verbs = { receive, present };
for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  const done = await verbs[task.do](wallet, task).catch((error) => ({
    error: String(error.message ?? error),
    status: error.response?.status,
  }));
  console.log(JSON.stringify(done));
}
process.exit();
