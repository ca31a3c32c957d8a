// The key management that credo-ts asks for, by Node's own cryptography: P-256 and Ed25519, ECDH-ES with AES-GCM, in memory.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';

const CURVES = ['P-256', 'Ed25519'];
const ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519'];
const LENGTHS = { A128GCM: 16, A256GCM: 32 };
const hash = (algorithm) => (algorithm === 'ES256' ? 'sha256' : null);
const publicHalf = ({ d, ...jwk }) => jwk;

export class MemoryKeys {
  backend = 'memory';
  #keys = new Map();

  isOperationSupported(_, { operation, type, privateJwk, algorithm, encryption, decryption, keyAgreement }) {
    if (operation === 'createKey' || operation === 'importKey') return CURVES.includes((type ?? privateJwk).crv);
    if (operation === 'sign' || operation === 'verify') return ALGORITHMS.includes(algorithm);
    if (operation === 'encrypt' || operation === 'decrypt')
      return keyAgreement?.algorithm === 'ECDH-ES' && (encryption ?? decryption).algorithm in LENGTHS;
    return ['deleteKey', 'randomBytes'].includes(operation);
  }

  async getPublicKey(_, keyId) {
    const jwk = this.#keys.get(keyId);
    return jwk ? { ...publicHalf(jwk), kid: keyId } : null;
  }

  async createKey(context, { keyId = randomUUID(), type }) {
    const { privateKey } =
      type.crv === 'P-256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
    return this.importKey(context, { privateJwk: { ...privateKey.export({ format: 'jwk' }), kid: keyId } });
  }

  async importKey(context, { privateJwk: { kid = randomUUID(), ...jwk } }) {
    this.#keys.set(kid, jwk);
    return { keyId: kid, publicJwk: await this.getPublicKey(context, kid) };
  }

  async deleteKey(_, { keyId }) {
    return this.#keys.delete(keyId);
  }

  #private = (keyId) => createPrivateKey({ key: this.#keys.get(keyId), format: 'jwk' });

  async sign(_, { keyId, algorithm, data }) {
    return { signature: new Uint8Array(sign(hash(algorithm), data, { key: this.#private(keyId), dsaEncoding: 'ieee-p1363' })) };
  }

  async verify(_, { key, algorithm, data, signature }) {
    const publicJwk = key.publicJwk ?? publicHalf(this.#keys.get(key.keyId));
    const verified = verify(
      hash(algorithm),
      data,
      { key: createPublicKey({ key: publicJwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
      signature,
    );
    return verified ? { verified, publicJwk } : { verified };
  }

  /** RFC 7518 §4.6: the key both sides come to, for one algorithm. */
  #agree({ keyId, externalPublicJwk, apu = new Uint8Array(), apv = new Uint8Array() }, algorithm) {
    const secret = diffieHellman({
      privateKey: this.#private(keyId),
      publicKey: createPublicKey({ key: externalPublicJwk, format: 'jwk' }),
    });
    const number = (value) => Buffer.from(Uint32Array.of(value).buffer).swap32();
    const framed = (value) => Buffer.concat([number(value.length), Buffer.from(value)]);
    const info = [framed(Buffer.from(algorithm)), framed(apu), framed(apv), number(LENGTHS[algorithm] * 8)];
    return createHash('sha256')
      .update(Buffer.concat([number(1), secret, ...info]))
      .digest()
      .subarray(0, LENGTHS[algorithm]);
  }

  async encrypt(_, { key: { keyAgreement }, encryption: { algorithm, iv = randomBytes(12), aad }, data }) {
    const cipher = createCipheriv(`aes-${LENGTHS[algorithm] * 8}-gcm`, this.#agree(keyAgreement, algorithm), iv);
    if (aad) cipher.setAAD(aad);
    const encrypted = Buffer.concat([cipher.update(data), cipher.final()]);
    return { encrypted: new Uint8Array(encrypted), iv: new Uint8Array(iv), tag: new Uint8Array(cipher.getAuthTag()) };
  }

  async decrypt(_, { key: { keyAgreement }, decryption: { algorithm, iv, aad, tag }, encrypted }) {
    const decipher = createDecipheriv(`aes-${LENGTHS[algorithm] * 8}-gcm`, this.#agree(keyAgreement, algorithm), iv);
    if (aad) decipher.setAAD(aad);
    decipher.setAuthTag(tag);
    return { data: new Uint8Array(Buffer.concat([decipher.update(encrypted), decipher.final()])) };
  }

  randomBytes(_, { length }) {
    return new Uint8Array(randomBytes(length));
  }
}
