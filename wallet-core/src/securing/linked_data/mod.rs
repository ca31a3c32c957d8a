//! From JSON-LD to canonical N-Quads, through contexts compiled once (JSON-LD 1.1, RDFC-1.0).
