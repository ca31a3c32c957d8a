// Resolves DIDs with the reference resolvers. Standard input: {"networks": [...], "dids": [...]}; standard output: one object a DID,
// with the keys as plain bytes, so that two spellings of one key are one.
import { readFileSync } from 'node:fs'
import * as DidMethodKey from '@digitalbazaar/did-method-key'
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey'
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey'
import { Resolver } from 'did-resolver'
import { decodeBase58, hexlify, toBeArray } from 'ethers'
import { getResolver as ethr } from 'ethr-did-resolver'
import { getResolver as key } from 'key-did-resolver'

const RELATIONSHIPS = ['assertionMethod', 'authentication', 'keyAgreement', 'capabilityInvocation', 'capabilityDelegation']

// ethers gives a number, which forgets leading zeros; each leading 1 stands for one.
function base58(text) {
  const zeros = text.match(/^1*/)[0].length
  const rest = text.length === zeros ? [] : toBeArray(decodeBase58(text.slice(zeros)))
  return Uint8Array.from([...new Uint8Array(zeros), ...rest])
}

function jwkBytes(jwk) {
  const bytes = (member) => Buffer.from(jwk[member], 'base64url')
  if (jwk.kty === 'OKP') return bytes('x')
  const y = bytes('y')
  return Buffer.concat([Buffer.from([2 + (y[y.length - 1] & 1)]), bytes('x')])
}

function material(method) {
  const hex = (bytes) => hexlify(bytes).slice(2)
  if (method.publicKeyHex !== undefined) return method.publicKeyHex
  if (method.publicKeyBase64 !== undefined) return Buffer.from(method.publicKeyBase64, 'base64').toString('hex')
  if (method.publicKeyBase58 !== undefined) return hex(base58(method.publicKeyBase58))
  if (method.publicKeyMultibase !== undefined) {
    const bytes = hex(base58(method.publicKeyMultibase.slice(1)))
    return method.type === 'Multikey' ? bytes : bytes.slice(4)
  }
  if (method.publicKeyJwk !== undefined) return hex(jwkBytes(method.publicKeyJwk))
  return method.blockchainAccountId ?? null
}

function keysOf(document) {
  const embedded = RELATIONSHIPS.flatMap((name) => (document[name] ?? []).filter((entry) => typeof entry === 'object'))
  const methods = [...(document.verificationMethod ?? []), ...embedded]
  return methods.map((method) => ({
    id: method.id,
    key: material(method),
    relationships: RELATIONSHIPS.filter((name) =>
      (document[name] ?? []).some((entry) => (typeof entry === 'object' ? entry.id : entry) === method.id),
    ),
  }))
}

function digitalBazaar() {
  const driver = DidMethodKey.driver()
  driver.use({ multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from })
  for (const header of ['zDna', 'z82L']) {
    driver.use({ multibaseMultikeyHeader: header, fromMultibase: EcdsaMultikey.from })
  }
  return driver
}

const { networks = [], dids } = JSON.parse(readFileSync(0, 'utf8'))
const resolver = new Resolver({ ...key(), ...(networks.length ? ethr({ networks }) : {}) })
const driver = digitalBazaar()

async function answer(did) {
  const { didDocument, didDocumentMetadata, didResolutionMetadata } = await resolver.resolve(did)
  const known = ['z6Mk', 'zDna', 'z82L'].some((header) => did.startsWith(`did:key:${header}`))
  return {
    did,
    error: didResolutionMetadata.error ?? null,
    message: didResolutionMetadata.message ?? null,
    metadata: didDocumentMetadata,
    keys: didDocument ? keysOf(didDocument) : [],
    services: (didDocument?.service ?? []).map(({ id, type, serviceEndpoint }) => ({ id, type, serviceEndpoint })),
    second: known ? keysOf(await driver.get({ did })) : null,
  }
}

const answers = await Promise.all(dids.map(answer))
process.stdout.write(JSON.stringify(answers), () => process.exit(0))
