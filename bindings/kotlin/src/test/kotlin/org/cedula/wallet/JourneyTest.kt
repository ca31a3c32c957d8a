package org.cedula.wallet

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.assertThrows
import java.time.Instant

/** A credential's way from issuer to verifier. `JourneyTests.swift` has the same tests under the same names. */
@Timeout(60)
class JourneyTest {
    private val now = Instant.parse("2026-11-22T12:00:00Z")

    @Test
    fun credentialIsIssuedKeptShownAndVerified() = runBlocking {
        val world = World.make(now)
        val id = world.wallet.keep(world.credential, world.issuer, Language.ES, now)
        val kept = world.wallet.credentials().single()
        assertEquals(id, kept.id)
        assertEquals(world.credential, kept.credential.text)
        assertEquals(Format.DATA_INTEGRITY, kept.credential.format)
        assertEquals(now, kept.credential.received)

        val symbol = assertInstanceOf(Showing.Fits::class.java, world.wallet.show(id, Budget.SCREEN, now)).v1
        val scanned = readPicture(symbol.png(4u))
        assertTrue(scanned.startsWith("VC1-"), scanned)

        val verdict = Verifier.bare(MemoryStorage()).check(scanned, defaultExpectations(), now)
        val verified = assertInstanceOf(Verdict.Accepted::class.java, verdict).v1
        assertTrue(verified.claims().single().contains("Ana María Quispe"))
        assertEquals(world.issuer, verified.basis().resolutions.single().did)
        assertEquals("Aceptada", sayVerdict(verdict, Language.ES))
    }

    @Test
    fun alteredCredentialIsRejectedWithItsReason() = runBlocking {
        val world = World.make(now)
        val altered = world.credential.replace("Quispe", "Mamani")
        val verdict = Verifier.bare(MemoryStorage()).check(altered, defaultExpectations(), now)
        val rejected = assertInstanceOf(Verdict.Rejected::class.java, verdict)
        assertEquals(listOf(Reason.BadSignature), rejected.reasons.map { it.what })
        assertTrue(sayReason(rejected.reasons.single(), Language.EN).endsWith("."))
    }

    @Test
    fun expiredCredentialIsRejectedAtItsMoment() = runBlocking {
        val world = World.make(now)
        val verdict = Verifier.bare(MemoryStorage()).check(world.credential, defaultExpectations(), now.plusSeconds(YEAR))
        val rejected = assertInstanceOf(Verdict.Rejected::class.java, verdict)
        assertEquals(listOf<Reason>(Reason.Expired(now.plusSeconds(YEAR - 1))), rejected.reasons.map { it.what })
    }

    @Test
    fun issuerNobodyVouchesForIsUndetermined() = runBlocking {
        val world = World.make(now)
        val expected = defaultExpectations().copy(issuers = Issuers.Known(emptyMap()))
        val verdict = Verifier.bare(MemoryStorage()).check(world.credential, expected, now)
        val undetermined = assertInstanceOf(Verdict.Undetermined::class.java, verdict)
        assertEquals(listOf<Gap>(Gap.UnknownIssuer(world.issuer)), undetermined.gaps.map { it.what })
    }

    @Test
    fun requestIsAnsweredOnceAndOnlyOnce() = runBlocking {
        val world = World.make(now)
        val id = world.wallet.keep(world.credential, world.issuer, Language.ES, now)
        val verifier = Verifier.bare(MemoryStorage())
        val request = verifier.ask("https://verifier.example", "To open the door", listOf("VerifiableCredential"), now)
        val answer = world.wallet.present(request, listOf(id), now)
        val verdict = verifier.checkAnswer(answer, request, defaultExpectations(), now)
        assertEquals(world.holder, assertInstanceOf(Verdict.Accepted::class.java, verdict).v1.holder())
        val again = verifier.checkAnswer(answer, request, defaultExpectations(), now)
        assertEquals(listOf(Reason.NonceUsed), assertInstanceOf(Verdict.Rejected::class.java, again).reasons.map { it.what })
    }

    @Test
    fun walletOpensAgainWithItsPassphraseAndNoOther() = runBlocking {
        val world = World.make(now)
        world.wallet.keep(world.credential, world.issuer, Language.ES, now)
        assertThrows<WalletException.KeyUnavailable> { Wallet.open(world.storage, world.keystore, "another") }
        val again = Wallet.open(world.storage, world.keystore, "a passphrase")
        assertEquals(world.credential, again.credentials().single().credential.text)
    }

    @Test
    fun storageThatFailsLosesNothing() = runBlocking {
        val world = World.make(now)
        world.storage.full = true
        assertThrows<WalletException.StorageFailed> { world.wallet.keep(world.credential, world.issuer, Language.ES, now) }
        assertTrue(world.wallet.credentials().isEmpty())
        world.storage.full = false
        world.wallet.keep(world.credential, world.issuer, Language.ES, now)
        assertEquals(1, world.wallet.credentials().size)
    }

    @Test
    fun forgottenCredentialIsGone() = runBlocking {
        val world = World.make(now)
        val id = world.wallet.keep(world.credential, world.issuer, Language.ES, now)
        world.wallet.forget(id, Forgetting.CREDENTIAL_AND_HISTORY, now)
        assertTrue(world.wallet.credentials().isEmpty())
        val gone = assertThrows<WalletException.Misused> { world.wallet.show(id, Budget.SCREEN, now) }
        assertTrue(gone.reason.isNotEmpty())
    }
}

/** An issuer, a citizen's wallet, and one credential that the one has issued to the other. */
private class World(
    val storage: FillableStorage,
    val keystore: Keystore,
    val wallet: Wallet,
    val issuer: Did,
    val holder: Did,
    val credential: Secured,
) {
    companion object {
        suspend fun make(now: Instant): World {
            val keystore = createSoftwareKeystore(MemoryStorage(), "a passphrase")
            val key = keystore.create(KeyAlgorithm.ED25519)
            val did = key.publicKey.didKey()
            val signatory = Signatory(did, "$did#${key.publicKey.multikey()}", key.id)
            val issuer = Issuer(signatory, keystore, MemoryStorage(), "https://status.example")
            val storage = FillableStorage()
            val wallet = Wallet.open(storage, keystore, "a passphrase")
            val holder = wallet.newHolder(KeyAlgorithm.ED25519, Protection.SOFTWARE, now)
            val credential = """{
                "@context": ["https://www.w3.org/ns/credentials/v2"],
                "type": ["VerifiableCredential"],
                "issuer": "$did",
                "validFrom": "$now",
                "validUntil": "${now.plusSeconds(YEAR - 1)}",
                "credentialSubject": {"id": "$holder", "name": "Ana María Quispe"}
            }"""
            val secured = issuer.issue(credential, Mechanism.EDDSA_RDFC2022, emptyList(), now)
            return World(storage, keystore, wallet, did, holder, secured)
        }
    }
}

/** A storage that can run full. */
private class FillableStorage : MemoryStorage() {
    @Volatile
    var full = false

    override suspend fun write(changes: List<Change>) {
        if (full) throw StorageException.Failed("no space left on device")
        super.write(changes)
    }
}

private const val YEAR = 365L * 24 * 3600
