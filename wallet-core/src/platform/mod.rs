//! Ready-made ports for a laptop or a server: HTTP, SQLite, a software keystore.
