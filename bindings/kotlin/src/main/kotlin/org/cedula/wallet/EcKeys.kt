package org.cedula.wallet

import java.math.BigInteger
import java.security.interfaces.ECPublicKey

/**
 * The public key of a pair that the platform made on P-256, as a [Keystore] returns it.
 *
 * @throws WalletException.Malformed when the key is on another curve.
 */
@Throws(WalletException::class)
fun PublicKey.Companion.fromPlatform(key: ECPublicKey): PublicKey {
    val point = byteArrayOf(4) + key.w.affineX.toFixed(P256_BYTES) + key.w.affineY.toFixed(P256_BYTES)
    return fromBytes(KeyAlgorithm.P256, point)
}

/**
 * The 64 bytes r‖s of an ECDSA signature over P-256, which the platform writes in DER (RFC 3279 §2.2.3).
 *
 * @throws IllegalArgumentException when it is not one.
 */
fun rawSignature(der: ByteArray): ByteArray {
    require(der.size >= 2 && der[0] == SEQUENCE && der[1].toInt() == der.size - 2) { "not a DER sequence" }
    val (r, afterR) = integerAt(der, 2)
    val (s, afterS) = integerAt(der, afterR)
    require(afterS == der.size) { "more than two integers" }
    return r.toFixed(P256_BYTES) + s.toFixed(P256_BYTES)
}

private fun integerAt(der: ByteArray, start: Int): Pair<BigInteger, Int> {
    require(start + 2 <= der.size && der[start] == INTEGER) { "not a DER integer" }
    val end = start + 2 + der[start + 1]
    require(end in start + 3..der.size) { "a DER integer past the end" }
    return BigInteger(der.copyOfRange(start + 2, end)) to end
}

/** Big-endian, exactly [length] bytes: a leading sign byte goes, leading zeros come. */
private fun BigInteger.toFixed(length: Int): ByteArray {
    require(signum() > 0 && bitLength() <= length * 8) { "out of range" }
    val bytes = toByteArray()
    val zeros = ByteArray(maxOf(0, length - bytes.size))
    return zeros + bytes.copyOfRange(maxOf(0, bytes.size - length), bytes.size)
}

private const val P256_BYTES = 32
private const val SEQUENCE: Byte = 0x30
private const val INTEGER: Byte = 0x02
