//! The history of a did:ethr in few bytes: its events in CBOR, each time and block as the step from the one before.
//!
//! What repeats from issuer to issuer (the name of the attribute, its span, the kind of the key) stands together, where deflate
//! finds it at once.

use std::convert::Infallible;

use minicbor::{Decoder, Encoder, decode, encode};

use super::malformed;
use crate::did::ethr::{DidChange, DidEvent, History};
use crate::error::{Result, WalletError};
use crate::time::Timestamp;

const OWNER: u64 = 0;
const DELEGATE: u64 = 1;
const ATTRIBUTE: u64 = 2;

/// Writes the events; fails with `Misused` when they do not link back without a gap.
pub(super) fn to_bytes(history: &History) -> Result<Vec<u8>> {
    if !history.is_complete(history.events.last().map_or(0, |event| event.block)) {
        return Err(WalletError::misused("a trust pack carries whole histories, and this one has a gap"));
    }
    let mut encoder = Encoder::new(Vec::new());
    write(&mut encoder, history).expect("memory takes all that is written");
    Ok(encoder.into_writer())
}

/// Reads the id of the chain, and the events of one identity on it.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<(u64, Vec<DidEvent>)> {
    let mut decoder = Decoder::new(bytes);
    let read = read(&mut decoder).map_err(malformed)?;
    if decoder.position() != bytes.len() {
        return Err(malformed("bytes follow the end of a history"));
    }
    Ok(read)
}

fn write(e: &mut Encoder<Vec<u8>>, history: &History) -> Result<(), encode::Error<Infallible>> {
    e.array(1 + history.events.len() as u64)?.u64(history.chain_id)?;
    let (mut block, mut time) = (0, 0);
    for event in &history.events {
        let (now, fields) = (event.time.unix(), if matches!(event.change, DidChange::Owner { .. }) { 5 } else { 7 });
        e.array(fields)?.u64(event.block - block)?.i64(now.wrapping_sub(time))?.u64(event.log_index)?;
        match &event.change {
            DidChange::Owner { owner } => e.u64(OWNER)?.bytes(owner)?,
            DidChange::Delegate { kind, delegate, valid_to } => {
                e.u64(DELEGATE)?.i64(span(*valid_to, now))?.bytes(trimmed(kind))?.bytes(delegate)?
            }
            DidChange::Attribute { name, value, valid_to } => {
                e.u64(ATTRIBUTE)?.i64(span(*valid_to, now))?.bytes(trimmed(name))?.bytes(value)?
            }
        };
        (block, time) = (event.block, now);
    }
    Ok(())
}

fn read(d: &mut Decoder<'_>) -> Result<(u64, Vec<DidEvent>), decode::Error> {
    let count = d.array()?.and_then(|length| length.checked_sub(1)).ok_or(decode::Error::message("it has no length"))?;
    let chain_id = d.u64()?;
    let mut events: Vec<DidEvent> = Vec::new();
    let mut seconds: i64 = 0;
    for _ in 0..count {
        let fields = d.array()?;
        let before = events.last().map_or(0, |last| last.block);
        let block = before.checked_add(d.u64()?).ok_or(decode::Error::message("a block past the last"))?;
        seconds = seconds.wrapping_add(d.i64()?);
        let time = Timestamp::from_unix(seconds).map_err(|_| decode::Error::message("a time out of range"))?;
        let log_index = d.u64()?;
        let change = match (d.u64()?, fields) {
            (OWNER, Some(5)) => DidChange::Owner { owner: fixed(d.bytes()?)? },
            (DELEGATE, Some(7)) => {
                DidChange::Delegate { valid_to: end(d.i64()?, seconds), kind: padded(d.bytes()?)?, delegate: fixed(d.bytes()?)? }
            }
            (ATTRIBUTE, Some(7)) => {
                DidChange::Attribute { valid_to: end(d.i64()?, seconds), name: padded(d.bytes()?)?, value: d.bytes()?.to_vec() }
            }
            _ => return Err(decode::Error::message("an event of no known kind")),
        };
        events.push(DidEvent { block, time, log_index, previous_change: before, change });
    }
    Ok((chain_id, events))
}

/// The end of a validity as seconds after the event; all of `u64` fits, for it wraps around.
fn span(valid_to: u64, now: i64) -> i64 {
    (valid_to as i64).wrapping_sub(now)
}

fn end(span: i64, now: i64) -> u64 {
    now.wrapping_add(span) as u64
}

fn trimmed(word: &[u8; 32]) -> &[u8] {
    let length = word.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &word[..length]
}

fn padded(bytes: &[u8]) -> Result<[u8; 32], decode::Error> {
    let mut word = [0; 32];
    word.get_mut(..bytes.len()).ok_or(decode::Error::message("a word of more than 32 bytes"))?.copy_from_slice(bytes);
    Ok(word)
}

fn fixed(bytes: &[u8]) -> Result<[u8; 20], decode::Error> {
    bytes.try_into().map_err(|_| decode::Error::message("an address of other than 20 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::did::Standing;
    use proptest::prelude::*;

    fn any_change() -> impl Strategy<Value = DidChange> {
        prop_oneof![
            any::<[u8; 20]>().prop_map(|owner| DidChange::Owner { owner }),
            (any::<[u8; 32]>(), any::<[u8; 20]>(), any::<u64>()).prop_map(|(kind, delegate, valid_to)| DidChange::Delegate {
                kind,
                delegate,
                valid_to
            }),
            ("[a-z/]{0,32}", proptest::collection::vec(any::<u8>(), 0..40), any::<u64>()).prop_map(|(name, value, valid_to)| {
                DidChange::Attribute { name: padded(name.as_bytes()).expect("short"), value, valid_to }
            }),
        ]
    }

    fn history(changes: Vec<(u64, DidChange)>) -> History {
        let mut events: Vec<DidEvent> = Vec::new();
        for (index, (step, change)) in changes.into_iter().enumerate() {
            let previous_change = events.last().map_or(0, |last| last.block);
            let block = previous_change + step + u64::from(index == 0);
            let time = Timestamp::from_unix(1_700_000_000 + block as i64).expect("a time in range");
            events.push(DidEvent { block, time, log_index: index as u64, previous_change, change });
        }
        History { chain_id: 2026, standing: Standing::Believed { block: Some(9) }, events }
    }

    #[test]
    fn history_with_a_gap_is_not_written() {
        let mut gap = history(vec![(1, DidChange::Owner { owner: [1; 20] }), (4, DidChange::Owner { owner: [2; 20] })]);
        gap.events.remove(0);
        assert!(matches!(to_bytes(&gap), Err(WalletError::Misused { .. })));
    }

    #[test]
    fn history_with_bytes_after_it_is_refused() {
        let mut bytes = to_bytes(&history(vec![(1, DidChange::Owner { owner: [1; 20] })])).expect("a whole history");
        assert!(from_bytes(&bytes).is_ok());
        bytes.push(0);
        assert!(matches!(from_bytes(&bytes), Err(WalletError::Malformed { .. })));
    }

    proptest! {
        #[test]
        fn any_history_comes_back(changes in proptest::collection::vec((0..1000u64, any_change()), 0..12)) {
            let history = history(changes);
            let bytes = to_bytes(&history).expect("a whole history");
            prop_assert_eq!(from_bytes(&bytes).expect("its own encoding"), (history.chain_id, history.events));
        }

        #[test]
        fn any_bytes_are_a_history_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = from_bytes(&bytes);
        }

        #[test]
        fn any_damaged_history_is_read_or_refused(change in any_change(), at in 0..40usize, byte: u8) {
            let mut bytes = to_bytes(&history(vec![(1, change)])).expect("a whole history");
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = from_bytes(&bytes);
        }
    }
}
