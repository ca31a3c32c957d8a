import Cedula
import CedulaFFI
import Foundation
import XCTest

/// What crosses between Swift and Rust, and what must not. `BoundaryTest.kt` has the same tests under the same names.
final class BoundaryTests: XCTestCase {
    func testKeyReadsBackFromEveryForm() throws {
        let key = try PublicKey.fromBytes(algorithm: .ed25519, bytes: bytes(rfc8032PublicKey))
        XCTAssertEqual(key, try PublicKey.fromMultikey(text: key.multikey()))
        XCTAssertEqual(key, try PublicKey.fromDidKey(did: key.didKey()))
        XCTAssertEqual(bytes(rfc8032PublicKey), key.bytes())
        XCTAssertEqual(.ed25519, key.algorithm())
        XCTAssertEqual("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", key.thumbprint())
        XCTAssertNotEqual(key, try PublicKey.fromDidKey(did: "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"))
    }

    func testMalformedTextArrivesAsTypedErrorWithItsData() {
        XCTAssertThrowsError(try PublicKey.fromDidKey(did: "nobody")) { error in
            guard case WalletError.Malformed(let what, let reason) = error else { return XCTFail("\(error)") }
            XCTAssertEqual("DID", what)
            XCTAssertFalse(reason.isEmpty)
        }
        XCTAssertThrowsError(try PublicKey.fromDidKey(did: "did:key:zzz")) { error in
            guard case WalletError.Malformed("did:key", _) = error else { return XCTFail("\(error)") }
        }
        XCTAssertThrowsError(try PublicKey.fromBytes(algorithm: .p256, bytes: Data(count: 33))) { error in
            guard case WalletError.Malformed = error else { return XCTFail("\(error)") }
        }
    }

    func testNullBytesAndHugeTextsAreRefused() {
        let hostile = ["", "\0", "z\0", "z" + String(repeating: "1", count: 10_000_000), String(repeating: "🪪", count: 1000)]
        for text in hostile {
            XCTAssertThrowsError(try PublicKey.fromMultikey(text: text)) { error in
                guard case WalletError.Malformed = error else { return XCTFail("\(error)") }
            }
            XCTAssertThrowsError(try PublicKey.fromDidKey(did: text)) { error in
                guard case WalletError.Malformed = error else { return XCTFail("\(error)") }
            }
        }
    }

    func testKeystoreThatKeepsItsContractPasses() async throws {
        try await checkKeystore(keystore: KnownKeystore(), algorithm: .ed25519)
    }

    func testKeystoreThatSignsInDerIsCaught() async {
        final class DerKeystore: KnownKeystore, @unchecked Sendable {
            override func sign(id: KeyId, message: Data) async throws -> Data { Data(count: 70) }
        }
        let failure = await failure { try await checkKeystore(keystore: DerKeystore(), algorithm: .ed25519) }
        guard case .Misused(let reason) = failure else { return XCTFail("\(String(describing: failure))") }
        XCTAssertTrue(reason.contains("bytes, not the 64"), reason)
    }

    func testAlgorithmTheHardwareLacksArrivesAsUnsupported() async {
        let failure = await failure { try await checkKeystore(keystore: KnownKeystore(), algorithm: .p256) }
        guard case .Unsupported(_, "only Ed25519") = failure else { return XCTFail("\(String(describing: failure))") }
    }

    func testWithheldConsentArrivesAsKeyUnavailable() async {
        final class AskingKeystore: KnownKeystore, @unchecked Sendable {
            override func sign(id: KeyId, message: Data) async throws -> Data {
                throw KeystoreError.Unavailable(reason: "the owner said no")
            }
        }
        let failure = await failure { try await checkKeystore(keystore: AskingKeystore(), algorithm: .ed25519) }
        guard case .KeyUnavailable("key-1", "the owner said no") = failure else {
            return XCTFail("\(String(describing: failure))")
        }
    }

    func testFaultInAKeystoreArrivesTyped() async {
        struct PromptCrashed: Error {}
        final class FaultyKeystore: KnownKeystore, @unchecked Sendable {
            override func sign(id: KeyId, message: Data) async throws -> Data { throw PromptCrashed() }
        }
        let failure = await failure { try await checkKeystore(keystore: FaultyKeystore(), algorithm: .ed25519) }
        guard case .KeyUnavailable(_, let reason) = failure else { return XCTFail("\(String(describing: failure))") }
        XCTAssertTrue(reason.contains("PromptCrashed"), reason)
    }

    func testStorageThatKeepsItsContractPasses() async throws {
        let storage = MemoryStorage()
        try await checkStorage(storage: storage)
        let left = try await storage.list(prefix: "")
        XCTAssertEqual([], left)
    }

    func testFullStorageArrivesAsStorageFailed() async {
        final class FullStorage: MemoryStorage, @unchecked Sendable {
            override func write(changes: [Change]) async throws {
                throw StorageError.Failed(reason: "no space left on device")
            }
        }
        let failure = await failure { try await checkStorage(storage: FullStorage()) }
        XCTAssertEqual(.StorageFailed(reason: "no space left on device"), failure)
    }

    func testStorageThatForgetsIsCaught() async {
        final class ForgetfulStorage: MemoryStorage, @unchecked Sendable {
            override func write(changes: [Change]) async throws {}
        }
        let failure = await failure { try await checkStorage(storage: ForgetfulStorage()) }
        guard case .Misused(let reason) = failure else { return XCTFail("\(String(describing: failure))") }
        XCTAssertTrue(reason.contains("write"), reason)
    }

    func testCallerIsNotBlockedWhileTheOwnerThinks() async throws {
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let (consent, give) = AsyncStream.makeStream(of: Void.self)
        let keystore = WaitingKeystore(ask: ask, consent: consent)
        // The main actor serves both: it could not give the consent if the call held it.
        try await Task { @MainActor in
            async let check: Void = checkKeystore(keystore: keystore, algorithm: .ed25519)
            for await _ in asked { break }
            give.finish()
            try await check
        }.value
    }

    func testHundredCallsAtOnceAllFinish() async throws {
        let storage = MemoryStorage()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for call in 1...100 {
                group.addTask {
                    try await checkKeystore(keystore: KnownKeystore(), algorithm: .ed25519)
                    try await storage.write(changes: [.put(name: "call/\(call)", bytes: Data())])
                }
            }
            try await group.waitForAll()
        }
        let names = try await storage.list(prefix: "call/")
        XCTAssertEqual(100, names.count)
    }

    func testPanicInRustIsReportedAndTheProcessLives() throws {
        // A length without bytes is what no generated code sends; the library's own assertion panics on it.
        let impossible = RustBuffer(capacity: 0, len: 5, data: nil)
        var status = RustCallStatus()
        _ = uniffi_cedula_fn_constructor_publickey_from_multikey(impossible, &status)
        XCTAssertEqual(2, status.code, "2 is the code of a caught panic")
        try testKeyReadsBackFromEveryForm()
    }
}

/// Says that it was asked, then waits for the consent.
private final class WaitingKeystore: KnownKeystore, @unchecked Sendable {
    private let ask: AsyncStream<Void>.Continuation
    private let consent: AsyncStream<Void>

    init(ask: AsyncStream<Void>.Continuation, consent: AsyncStream<Void>) {
        self.ask = ask
        self.consent = consent
    }

    override func sign(id: KeyId, message: Data) async throws -> Data {
        ask.finish()
        for await _ in consent {}
        return try await super.sign(id: id, message: message)
    }
}
