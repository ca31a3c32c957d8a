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
#[allow(dead_code, reason = "the tests of lying nodes use the rest of it")]
#[path = "lying_node/liar.rs"]
mod liar;
#[path = "chain/model.rs"]
mod model;
#[path = "did/operations.rs"]
mod operations;
#[path = "chain/proven.rs"]
mod proven;
#[path = "chain/stock.rs"]
mod stock;
#[path = "chain/suite.rs"]
mod suite;
#[allow(dead_code, reason = "the tests of networks use the rest of it")]
#[path = "chain/world.rs"]
mod world;
