//! Our resolver beside those of others: the reference resolver of did:ethr, two of did:key, `ssi`; and before nodes that lie.
//!
//! Needs the npm packages of `tests/interop/did` and `tests/interop/chain`: `npm ci --ignore-scripts` there, or `tests/run interop`.

mod support;

#[path = "did/hostile.rs"]
mod hostile;
#[path = "did/offline.rs"]
mod offline;
#[path = "did/operations.rs"]
mod operations;
#[path = "did/reference.rs"]
mod reference;
#[path = "did/round_trips.rs"]
mod round_trips;
#[path = "did/theirs.rs"]
mod theirs;
#[path = "did/web.rs"]
mod web;
#[allow(dead_code, reason = "the registry's own tests use the rest of it")]
#[path = "chain/world.rs"]
mod world;
