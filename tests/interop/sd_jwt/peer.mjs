// Issues, presents and verifies with npm `@sd-jwt`: one JSON object in, one JSON array out, in the order of its tasks.
import { GeneralJSON, SDJwtGeneralJSONInstance, SDJwtInstance } from '@sd-jwt/core';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const { tasks } = JSON.parse(readFileSync(0, 'utf8'));

const hasher = (data, alg) => createHash(alg.replace('-', '')).update(Buffer.from(data)).digest();
const hash = (jwk) => (jwk.kty === 'OKP' ? null : 'sha256');
const algorithm = (jwk) => (jwk.kty === 'OKP' ? 'EdDSA' : 'ES256');

const signer = (jwk) => (data) => {
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  return sign(hash(jwk), Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
};
const verifier = (jwk) => (data, signature) => {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return verify(hash(jwk), Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
};

const common = { hasher, hashAlg: 'sha-256', saltGenerator: () => randomBytes(16).toString('base64url') };

async function run(task) {
  const Instance = task.vc ? SDJwtVcInstance : SDJwtInstance;
  if (task.issue) {
    const { key, header, frame } = task;
    const instance = new Instance({ ...common, signer: signer(key), signAlg: algorithm(key) });
    return { sd_jwt: await instance.issue(task.issue, frame, { header }) };
  }
  if (task.present) {
    const { holder, nonce, aud } = task;
    const config = holder ? { kbSigner: signer(holder), kbSignAlg: algorithm(holder) } : {};
    const kb = holder ? { payload: { iat: Math.floor(Date.now() / 1000), nonce, aud } } : undefined;
    const instance = new Instance({ ...common, ...config });
    return { sd_jwt: await instance.present(task.present, task.frame, { kb }) };
  }
  if (task.json) {
    return { json: GeneralJSON.fromEncode(task.json).toJson() };
  }
  const kbVerifier = (data, signature, payload) => verifier(payload.cnf.jwk)(data, signature);
  const config = { ...common, verifier: verifier(task.issuer), kbVerifier };
  if (task.general) {
    const instance = new SDJwtGeneralJSONInstance(config);
    const { payload } = await instance.verify(GeneralJSON.fromSerialized(task.general), {});
    return { claims: payload };
  }
  const options = task.nonce ? { keyBindingNonce: task.nonce } : {};
  const { payload, kb } = await new Instance(config).verify(task.verify, options);
  // The library leaves the audience to its caller.
  if (task.aud && kb.payload.aud !== task.aud) throw new Error('another audience');
  return { claims: payload };
}

const answer = (task) => run(task).catch((error) => ({ error: String(error.message ?? error) }));
console.log(JSON.stringify(await Promise.all(tasks.map(answer))));
