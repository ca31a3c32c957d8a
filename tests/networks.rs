//! Networks as they are: nodes that lag, turn away, stay silent or take blocks back; relay hubs; and contracts deployed to any of them.
//!
//! Needs the npm packages of `tests/interop/chain` and geth, as `tests/run chain` installs them.

mod support;

#[path = "support/cedula.rs"]
mod cedula;
#[path = "networks/command_line.rs"]
mod command_line;
#[path = "networks/deploying.rs"]
mod deploying;
#[path = "networks/front.rs"]
mod front;
#[path = "networks/lagging.rs"]
mod lagging;
#[allow(dead_code, reason = "the tests of lying nodes use the rest of it")]
#[path = "lying_node/liar.rs"]
mod liar;
#[path = "networks/lost_answers.rs"]
mod lost_answers;
#[path = "support/world.rs"]
mod party;
#[path = "networks/relay.rs"]
mod relay;
#[path = "networks/reorganised.rs"]
mod reorganised;
#[path = "networks/turned_away.rs"]
mod turned_away;
#[allow(dead_code, reason = "the registry's own tests use the rest of it")]
#[path = "chain/world.rs"]
mod world;
#[path = "networks/writer.rs"]
mod writer;
