//! The trust pack: with it alone everything verifies, and nothing is taken for one that is not the publisher's newest.

#[path = "support/packs.rs"]
mod packs;
#[path = "trust_pack/refused.rs"]
mod refused;
#[path = "trust_pack/sizes.rs"]
mod sizes;
#[path = "support/town.rs"]
mod town;
#[path = "trust_pack/verdicts.rs"]
mod verdicts;
