import Cedula
import Foundation
import XCTest

/// A credential's way from issuer to verifier. `JourneyTest.kt` has the same tests under the same names.
final class JourneyTests: XCTestCase {
    private let now = ISO8601DateFormatter().date(from: "2026-11-22T12:00:00Z")!

    func testCredentialIsIssuedKeptShownAndVerified() async throws {
        let world = try await World(at: now)
        let id = try await world.wallet.keep(credential: world.credential, from: world.issuer, language: .es, now: now)
        let kept = try await world.wallet.credentials()
        XCTAssertEqual([id], kept.map(\.id))
        XCTAssertEqual(world.credential, kept[0].credential.text)
        XCTAssertEqual(.dataIntegrity, kept[0].credential.format)
        XCTAssertEqual(now, kept[0].credential.received)

        guard case .fits(let symbol) = try await world.wallet.show(id: id, budget: .screen, now: now) else {
            return XCTFail("it is too long")
        }
        let scanned = try readPicture(bytes: symbol.png(pixelsPerModule: 4))
        XCTAssertTrue(scanned.hasPrefix("VC1-"), scanned)

        let verdict = try await Verifier.bare(storage: MemoryStorage()).check(text: scanned, expected: defaultExpectations(), now: now)
        guard case .accepted(let verified) = verdict else { return XCTFail("\(verdict)") }
        XCTAssertEqual(1, verified.claims().count)
        XCTAssertTrue(verified.claims()[0].contains("Ana María Quispe"))
        XCTAssertEqual([world.issuer], verified.basis().resolutions.map(\.did))
        XCTAssertEqual("Aceptada", sayVerdict(verdict: verdict, language: .es))
    }

    func testAlteredCredentialIsRejectedWithItsReason() async throws {
        let world = try await World(at: now)
        let altered = world.credential.replacingOccurrences(of: "Quispe", with: "Mamani")
        let verdict = try await Verifier.bare(storage: MemoryStorage()).check(text: altered, expected: defaultExpectations(), now: now)
        guard case .rejected(let reasons, _, _) = verdict else { return XCTFail("\(verdict)") }
        XCTAssertEqual([.badSignature], reasons.map(\.what))
        XCTAssertTrue(sayReason(reason: reasons[0], language: .en).hasSuffix("."))
    }

    func testExpiredCredentialIsRejectedAtItsMoment() async throws {
        let world = try await World(at: now)
        let later = now.addingTimeInterval(year)
        let verdict = try await Verifier.bare(storage: MemoryStorage())
            .check(text: world.credential, expected: defaultExpectations(), now: later)
        guard case .rejected(let reasons, _, _) = verdict else { return XCTFail("\(verdict)") }
        XCTAssertEqual([.expired(until: now.addingTimeInterval(year - 1))], reasons.map(\.what))
    }

    func testIssuerNobodyVouchesForIsUndetermined() async throws {
        let world = try await World(at: now)
        var expected = defaultExpectations()
        expected.issuers = .known([:])
        let verdict = try await Verifier.bare(storage: MemoryStorage()).check(text: world.credential, expected: expected, now: now)
        guard case .undetermined(let gaps, _) = verdict else { return XCTFail("\(verdict)") }
        XCTAssertEqual([.unknownIssuer(issuer: world.issuer)], gaps.map(\.what))
    }

    func testRequestIsAnsweredOnceAndOnlyOnce() async throws {
        let world = try await World(at: now)
        let id = try await world.wallet.keep(credential: world.credential, from: world.issuer, language: .es, now: now)
        let verifier = Verifier.bare(storage: MemoryStorage())
        let request = try await verifier.ask(
            audience: "https://verifier.example", purpose: "To open the door", types: ["VerifiableCredential"], now: now)
        let answer = try await world.wallet.present(request: request, chosen: [id], now: now)
        let verdict = try await verifier.checkAnswer(text: answer, request: request, expected: defaultExpectations(), now: now)
        guard case .accepted(let verified) = verdict else { return XCTFail("\(verdict)") }
        XCTAssertEqual(world.holder, verified.holder())
        let again = try await verifier.checkAnswer(text: answer, request: request, expected: defaultExpectations(), now: now)
        guard case .rejected(let reasons, _, _) = again else { return XCTFail("\(again)") }
        XCTAssertEqual([.nonceUsed], reasons.map(\.what))
    }

    func testWalletOpensAgainWithItsPassphraseAndNoOther() async throws {
        let world = try await World(at: now)
        _ = try await world.wallet.keep(credential: world.credential, from: world.issuer, language: .es, now: now)
        let locked = await failure {
            _ = try await Wallet.open(storage: world.storage, keystore: world.keystore, passphrase: "another")
        }
        guard case .KeyUnavailable = locked else { return XCTFail("\(String(describing: locked))") }
        let again = try await Wallet.open(storage: world.storage, keystore: world.keystore, passphrase: "a passphrase")
        let kept = try await again.credentials()
        XCTAssertEqual([world.credential], kept.map(\.credential.text))
    }

    func testStorageThatFailsLosesNothing() async throws {
        let world = try await World(at: now)
        world.storage.full = true
        let full = await failure {
            _ = try await world.wallet.keep(credential: world.credential, from: world.issuer, language: .es, now: self.now)
        }
        XCTAssertEqual(.StorageFailed(reason: "no space left on device"), full)
        let before = try await world.wallet.credentials()
        XCTAssertTrue(before.isEmpty)
        world.storage.full = false
        _ = try await world.wallet.keep(credential: world.credential, from: world.issuer, language: .es, now: now)
        let after = try await world.wallet.credentials()
        XCTAssertEqual(1, after.count)
    }

    func testForgottenCredentialIsGone() async throws {
        let world = try await World(at: now)
        let id = try await world.wallet.keep(credential: world.credential, from: world.issuer, language: .es, now: now)
        try await world.wallet.forget(id: id, history: .credentialAndHistory, now: now)
        let kept = try await world.wallet.credentials()
        XCTAssertTrue(kept.isEmpty)
        let gone = await failure { _ = try await world.wallet.show(id: id, budget: .screen, now: self.now) }
        guard case .Misused = gone else { return XCTFail("\(String(describing: gone))") }
    }
}

/// The wallet error a call fails with, if it does.
func failure(of call: () async throws -> Void) async -> WalletError? {
    do {
        try await call()
        return nil
    } catch {
        return error as? WalletError
    }
}

/// An issuer, a citizen's wallet, and one credential that the one has issued to the other.
private final class World {
    let storage = FillableStorage()
    let keystore: Keystore
    let wallet: Wallet
    let issuer: Did
    let holder: Did
    let credential: Secured

    init(at now: Date) async throws {
        keystore = try await createSoftwareKeystore(storage: MemoryStorage(), passphrase: "a passphrase")
        let key = try await keystore.create(algorithm: .ed25519)
        issuer = key.publicKey.didKey()
        let signatory = Signatory(did: issuer, method: "\(issuer)#\(key.publicKey.multikey())", key: key.id)
        let door = Issuer(signatory: signatory, keystore: keystore, storage: MemoryStorage(), statusBase: "https://status.example")
        wallet = try await Wallet.open(storage: storage, keystore: keystore, passphrase: "a passphrase")
        holder = try await wallet.newHolder(algorithm: .ed25519, protection: .software, now: now)
        let time = ISO8601DateFormatter()
        let document = """
            {
              "@context": ["https://www.w3.org/ns/credentials/v2"],
              "type": ["VerifiableCredential"],
              "issuer": "\(issuer)",
              "validFrom": "\(time.string(from: now))",
              "validUntil": "\(time.string(from: now.addingTimeInterval(year - 1)))",
              "credentialSubject": {"id": "\(holder)", "name": "Ana María Quispe"}
            }
            """
        credential = try await door.issue(credential: document, mechanism: .eddsaRdfc2022, purposes: [], now: now)
    }
}

/// A storage that can run full.
private final class FillableStorage: MemoryStorage, @unchecked Sendable {
    var full = false

    override func write(changes: [Change]) async throws {
        if full { throw StorageError.Failed(reason: "no space left on device") }
        try await super.write(changes: changes)
    }
}

private let year: TimeInterval = 365 * 24 * 3600
