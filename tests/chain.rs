//! The registry chain: one suite for the embedded chain and for `anvil`, a node by other people.
//!
//! Needs the npm packages of `tests/interop/chain`: `npm ci --ignore-scripts` there, or `tests/run chain`.

mod support;

#[path = "chain/artefacts.rs"]
mod artefacts;
#[path = "chain/ethers.rs"]
mod ethers;
#[path = "chain/gas.rs"]
mod gas;
#[path = "chain/kill.rs"]
mod kill;
#[path = "chain/model.rs"]
mod model;
#[path = "chain/suite.rs"]
mod suite;
#[path = "chain/world.rs"]
mod world;
