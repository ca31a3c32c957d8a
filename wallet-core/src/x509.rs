//! X.509 certificates: who is behind a key, according to whoever vouches for them (RFC 5280).
