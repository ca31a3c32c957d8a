package org.cedula.wallet

import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.Signature
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentSkipListMap
import java.util.concurrent.atomic.AtomicInteger

/** P-256 keys of the platform's own cryptography, held in memory; as on a phone, it signs in DER and knows no other curve. */
open class PlatformKeystore : Keystore {
    private val made = AtomicInteger()
    private val pairs = ConcurrentHashMap<KeyId, KeyPair>()

    override suspend fun create(algorithm: KeyAlgorithm): NewKey {
        if (algorithm != KeyAlgorithm.P256) throw KeystoreException.Unsupported("only P-256")
        val generator = KeyPairGenerator.getInstance("EC")
        generator.initialize(ECGenParameterSpec("secp256r1"))
        val id = "key-${made.incrementAndGet()}"
        pairs[id] = generator.generateKeyPair()
        return NewKey(id, publicKey(id))
    }

    override suspend fun publicKey(id: KeyId): PublicKey = PublicKey.fromPlatform(pair(id).public as ECPublicKey)

    override suspend fun sign(id: KeyId, message: ByteArray): ByteArray = rawSignature(signInDer(id, message))

    override suspend fun delete(id: KeyId) {
        pairs.remove(id)
    }

    protected fun signInDer(id: KeyId, message: ByteArray): ByteArray =
        Signature.getInstance("SHA256withECDSA").run {
            initSign(pair(id).private)
            update(message)
            sign()
        }

    private fun pair(id: KeyId): KeyPair = pairs[id] ?: throw KeystoreException.Unavailable("no key of this name")
}

/** Names and bytes in memory, in the order of their names. */
open class MemoryStorage : Storage {
    private val records = ConcurrentSkipListMap<String, ByteArray>()

    override suspend fun read(name: String): ByteArray? = records[name]

    override suspend fun take(name: String): ByteArray? = records.remove(name)

    override suspend fun list(prefix: String): List<String> = records.keys.filter { it.startsWith(prefix) }

    override suspend fun write(changes: List<Change>) = synchronized(records) {
        for (change in changes) {
            when (change) {
                is Change.Put -> records[change.name] = change.bytes
                is Change.Delete -> records.remove(change.name)
            }
        }
    }
}
