//! A node that lies in every way we can think of: nothing it says is taken for proven, and no verdict is wrong because of it.

#[path = "lying_node/consortium.rs"]
mod consortium;
#[path = "lying_node/liar.rs"]
mod liar;
#[path = "lying_node/lies.rs"]
mod lies;
#[allow(dead_code, reason = "the resolver's own tests use the rest of it")]
#[path = "did/operations.rs"]
mod operations;
#[path = "support/world.rs"]
mod party;
#[path = "lying_node/reasons.rs"]
mod reasons;
#[path = "lying_node/seals.rs"]
mod seals;
#[path = "lying_node/trusts.rs"]
mod trusts;
#[path = "lying_node/verdicts.rs"]
mod verdicts;
#[allow(dead_code, reason = "the registry's own tests use the rest of it")]
#[path = "chain/world.rs"]
mod world;
