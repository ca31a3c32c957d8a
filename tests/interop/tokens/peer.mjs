// Signs and verifies with npm `@auth0/cose`, `did-jwt-vc` and `@sd-jwt/jwt-status-list`: one JSON object in, one JSON array out,
// in the order of its tasks.
import { Sign1 } from '@auth0/cose';
import { createHeaderAndPayload, getListFromStatusListJWT, StatusList } from '@sd-jwt/jwt-status-list';
import { Encoder } from 'cbor-x';
import { EdDSASigner, ES256Signer } from 'did-jwt';
import { createVerifiableCredentialJwt, createVerifiablePresentationJwt } from 'did-jwt-vc';
import { importJWK, SignJWT } from 'jose';

const { tasks } = JSON.parse((await process.stdin.setEncoding('utf8').toArray()).join(''));
const cbor = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false });

// JSON has neither bytes nor maps of numbers: `{ bytes }` is text or `{ base64 }` is bytes, and a list of pairs is a map.
function value(json) {
  if (json?.bytes !== undefined) return new TextEncoder().encode(json.bytes);
  if (json?.base64 !== undefined) return new Uint8Array(Buffer.from(json.base64, 'base64'));
  if (json?.map) return map(json.map);
  return json;
}

function map(pairs) {
  return new Map(pairs.map(([label, json]) => [label, value(json)]));
}

function plain(found) {
  if (found instanceof Uint8Array) return { base64: Buffer.from(found).toString('base64') };
  if (found instanceof Map) return { map: [...found].map(([label, inner]) => [label, plain(inner)]) };
  return found;
}

const run = {
  async 'cose sign'({ headers, outside, payload, claims, jwk, alg }) {
    const bytes = claims ? cbor.encode(map(claims)) : new TextEncoder().encode(payload);
    const message = await Sign1.sign(map(headers), map(outside ?? []), new Uint8Array(bytes), await importJWK(jwk, alg));
    return { message: Buffer.from(message.encode()).toString('base64') };
  },
  async 'cose verify'({ message, jwk, alg, isClaims }) {
    const sign1 = Sign1.decode(new Uint8Array(Buffer.from(message, 'base64')));
    await sign1.verify(await importJWK(jwk, alg));
    const payload = isClaims ? plain(cbor.decode(sign1.payload)) : new TextDecoder().decode(sign1.payload);
    return { payload, headers: plain(sign1.protectedHeaders).map };
  },
  async 'credential 1.1'({ payload, did, alg, secret, header }) {
    const issuer = { did, alg, signer: signer(alg, secret) };
    return { token: await createVerifiableCredentialJwt(payload, issuer, { header: header ?? {} }) };
  },
  async 'presentation 1.1'({ payload, did, alg, secret, challenge, domain }) {
    const holder = { did, alg, signer: signer(alg, secret) };
    return { token: await createVerifiablePresentationJwt(payload, holder, { challenge, domain }) };
  },
  async 'status sign'({ statuses, bits, payload, header, jwk }) {
    const list = createHeaderAndPayload(new StatusList(statuses, bits), payload, header);
    return { token: await new SignJWT(list.payload).setProtectedHeader(list.header).sign(await importJWK(jwk, header.alg)) };
  },
  async 'status read'({ token, indexes }) {
    const list = getListFromStatusListJWT(token);
    return { values: indexes.map((index) => list.getStatus(index)), bits: list.getBitsPerStatus() };
  },
};

function signer(alg, secret) {
  const bytes = new Uint8Array(Buffer.from(secret, 'base64'));
  return alg === 'EdDSA' ? EdDSASigner(bytes) : ES256Signer(bytes);
}

async function answer(task) {
  try {
    return await run[task.do](task);
  } catch (error) {
    return { error: String(error.code ?? error.message) };
  }
}

console.log(JSON.stringify(await Promise.all(tasks.map(answer))));
