//! The registry chain: contracts, calls, transactions, and the embedded chain.
