package org.cedula.wallet

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import java.util.HexFormat

/** What crosses between Kotlin and Rust, and what must not. `BoundaryTests.swift` has the same tests under the same names. */
@Timeout(30)
class BoundaryTest {
    /** The public key of RFC 8032 §7.1 test 1, whose thumbprint is in RFC 8037 appendix A.3. */
    private val rfc8032 = HexFormat.of().parseHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")

    @Test
    fun keyReadsBackFromEveryForm() {
        val key = PublicKey.fromBytes(KeyAlgorithm.ED25519, rfc8032)
        assertEquals(key, PublicKey.fromMultikey(key.multikey()))
        assertEquals(key, PublicKey.fromDidKey(key.didKey()))
        assertArrayEquals(rfc8032, key.bytes())
        assertEquals(KeyAlgorithm.ED25519, key.algorithm())
        assertEquals("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", key.thumbprint())
        assertNotEquals(key, PublicKey.fromDidKey("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"))
    }

    @Test
    fun malformedTextArrivesAsTypedErrorWithItsData() {
        val notADid = assertThrows(WalletException.Malformed::class.java) { PublicKey.fromDidKey("nobody") }
        assertEquals("DID", notADid.what)
        assertTrue(notADid.reason.isNotEmpty())
        val notAKey = assertThrows(WalletException.Malformed::class.java) { PublicKey.fromDidKey("did:key:zzz") }
        assertEquals("did:key", notAKey.what)
        assertThrows(WalletException.Malformed::class.java) { PublicKey.fromBytes(KeyAlgorithm.P256, ByteArray(33)) }
    }

    @Test
    fun nullBytesAndHugeTextsAreRefused() {
        val hostile = listOf("", "\u0000", "z\u0000", "z" + "1".repeat(10_000_000), "\uD83E\uDEAA".repeat(1000))
        for (text in hostile) {
            assertThrows(WalletException.Malformed::class.java) { PublicKey.fromMultikey(text) }
            assertThrows(WalletException.Malformed::class.java) { PublicKey.fromDidKey(text) }
        }
    }

    @Test
    fun keystoreThatKeepsItsContractPasses() = runBlocking {
        checkKeystore(PlatformKeystore(), KeyAlgorithm.P256)
    }

    @Test
    fun keystoreThatSignsInDerIsCaught() {
        val keystore = object : PlatformKeystore() {
            override suspend fun sign(id: KeyId, message: ByteArray) = signInDer(id, message)
        }
        val breach = failure<WalletException.Misused> { checkKeystore(keystore, KeyAlgorithm.P256) }
        assertTrue(breach.reason.contains("bytes, not the 64"), breach.reason)
    }

    @Test
    fun algorithmTheHardwareLacksArrivesAsUnsupported() {
        val refusal = failure<WalletException.Unsupported> { checkKeystore(PlatformKeystore(), KeyAlgorithm.ED25519) }
        assertEquals("only P-256", refusal.reason)
    }

    @Test
    fun withheldConsentArrivesAsKeyUnavailable() {
        val keystore = object : PlatformKeystore() {
            override suspend fun sign(id: KeyId, message: ByteArray) = throw KeystoreException.Unavailable("the owner said no")
        }
        val refusal = failure<WalletException.KeyUnavailable> { checkKeystore(keystore, KeyAlgorithm.P256) }
        assertEquals("key-1", refusal.key)
        assertEquals("the owner said no", refusal.reason)
    }

    @Test
    fun faultInAKeystoreArrivesTyped() {
        val keystore = object : PlatformKeystore() {
            override suspend fun sign(id: KeyId, message: ByteArray) = throw IllegalStateException("the prompt crashed")
        }
        val fault = failure<WalletException.KeyUnavailable> { checkKeystore(keystore, KeyAlgorithm.P256) }
        assertTrue(fault.reason.contains("the prompt crashed"), fault.reason)
    }

    @Test
    fun storageThatKeepsItsContractPasses() = runBlocking {
        val storage = MemoryStorage()
        checkStorage(storage)
        assertEquals(emptyList<String>(), storage.list(""))
    }

    @Test
    fun fullStorageArrivesAsStorageFailed() {
        val storage = object : MemoryStorage() {
            override suspend fun write(changes: List<Change>) = throw StorageException.Failed("no space left on device")
        }
        assertEquals("no space left on device", failure<WalletException.StorageFailed> { checkStorage(storage) }.reason)
    }

    @Test
    fun storageThatForgetsIsCaught() {
        val storage = object : MemoryStorage() {
            override suspend fun write(changes: List<Change>) = Unit
        }
        assertTrue(failure<WalletException.Misused> { checkStorage(storage) }.reason.contains("write"))
    }

    @Test
    fun callerIsNotBlockedWhileTheOwnerThinks() = runBlocking {
        val asked = CompletableDeferred<Unit>()
        val consent = CompletableDeferred<Unit>()
        val keystore = object : PlatformKeystore() {
            override suspend fun sign(id: KeyId, message: ByteArray): ByteArray {
                asked.complete(Unit)
                consent.await()
                return super.sign(id, message)
            }
        }
        // One thread serves both: it could not give the consent if the call held it.
        val check = launch { checkKeystore(keystore, KeyAlgorithm.P256) }
        asked.await()
        assertFalse(check.isCompleted)
        consent.complete(Unit)
        check.join()
    }

    @Test
    fun cancelledCallLetsGoOfTheKeystore() = runBlocking {
        val asked = CompletableDeferred<Unit>()
        val letGo = CompletableDeferred<Unit>()
        val keystore = object : PlatformKeystore() {
            override suspend fun sign(id: KeyId, message: ByteArray): ByteArray {
                asked.complete(Unit)
                try {
                    awaitCancellation()
                } finally {
                    letGo.complete(Unit)
                }
            }
        }
        val check = launch { checkKeystore(keystore, KeyAlgorithm.P256) }
        asked.await()
        check.cancel()
        withTimeout(5_000) { letGo.await() }
    }

    @Test
    fun hundredCallsAtOnceAllFinish() = runBlocking(Dispatchers.Default) {
        val keystore = PlatformKeystore()
        val storage = MemoryStorage()
        val calls = (1..100).map {
            async {
                checkKeystore(keystore, KeyAlgorithm.P256)
                storage.write(listOf(Change.Put("call/$it", byteArrayOf())))
            }
        }
        calls.awaitAll()
        assertEquals(100, storage.list("call/").size)
    }

    @Test
    fun panicInRustIsReportedAndTheProcessLives() {
        // A length without bytes is what no generated code sends; the library's own assertion panics on it.
        val impossible = RustBuffer.ByValue().apply { len = 5 }
        val status = UniffiRustCallStatus()
        UniffiLib.uniffi_cedula_fn_constructor_publickey_from_multikey(impossible, status)
        assertTrue(status.isPanic())
        keyReadsBackFromEveryForm()
    }

    private inline fun <reified E : Throwable> failure(crossinline call: suspend () -> Unit): E =
        assertThrows(E::class.java) { runBlocking { call() } }
}
