import Cedula
import Foundation

/// One Ed25519 key made elsewhere with its one signature: there is no platform cryptography on Linux to sign with.
class KnownKeystore: Keystore, @unchecked Sendable {
    private let lock = NSLock()
    private var deleted = false

    func create(algorithm: KeyAlgorithm) async throws -> NewKey {
        guard algorithm == .ed25519 else { throw KeystoreError.Unsupported(reason: "only Ed25519") }
        lock.withLock { deleted = false }
        return NewKey(id: "key-1", publicKey: try await publicKey(id: "key-1"))
    }

    func publicKey(id: KeyId) async throws -> PublicKey {
        if lock.withLock({ deleted }) { throw KeystoreError.Unavailable(reason: "no key of this name") }
        return try PublicKey.fromBytes(algorithm: .ed25519, bytes: bytes(rfc8032PublicKey))
    }

    func sign(id: KeyId, message: Data) async throws -> Data {
        bytes(conformanceSignature)
    }

    func delete(id: KeyId) async throws {
        lock.withLock { deleted = true }
    }
}

/// Names and bytes in memory, in the order of their names.
class MemoryStorage: Storage, @unchecked Sendable {
    private let lock = NSLock()
    private var records: [String: Data] = [:]

    func read(name: String) async throws -> Data? {
        lock.withLock { records[name] }
    }

    func take(name: String) async throws -> Data? {
        lock.withLock { records.removeValue(forKey: name) }
    }

    func list(prefix: String) async throws -> [String] {
        let names = lock.withLock { Array(records.keys) }
        return names.filter { $0.utf8.starts(with: prefix.utf8) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func write(changes: [Change]) async throws {
        lock.withLock {
            for change in changes {
                switch change {
                case .put(let name, let bytes): records[name] = bytes
                case .delete(let name): records[name] = nil
                }
            }
        }
    }
}

/// The public key of RFC 8032 §7.1 test 1, whose thumbprint is in RFC 8037 appendix A.3.
let rfc8032PublicKey = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

/// That key's signature over the message `checkKeystore` asks for.
let conformanceSignature = "085a50c8d65c181c2ce2a9f48274e3467248532a116c84bc6cc2ee236dad27764274aceab59d9dae6421aadd4e9bd26ba1a1310df8a58b282fbafdf1ec0b110f"

func bytes(_ hex: String) -> Data {
    Data(stride(from: 0, to: hex.count, by: 2).map { at in
        let start = hex.index(hex.startIndex, offsetBy: at)
        return UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16)!
    })
}
