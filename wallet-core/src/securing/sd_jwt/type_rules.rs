//! Whether a credential follows its type: which claims must be there, and which may be left out (draft-ietf-oauth-sd-jwt-vc §5.6).

use super::outline::{Inside, Outline};
use super::type_metadata::{ClaimMetadata, SelectiveDisclosure, TypeFault, TypeMetadata};
use crate::credential::Step;

/// Who looks at a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onlooker {
    /// Its holder, who has every disclosure: what is not there was not issued.
    Holder,
    /// A verifier, from whom claims may be hidden.
    Verifier,
}

impl TypeMetadata {
    /// Checks the claims in `outline` by what is said of them, reporting every fault.
    ///
    /// A claim that a verifier does not see is no fault where the holder could have left it out.
    pub fn check(&self, outline: &Outline, onlooker: Onlooker) -> Vec<TypeFault> {
        self.claims.iter().filter_map(|claim| check_claim(claim, outline, onlooker).err()).collect()
    }
}

fn check_claim(claim: &ClaimMetadata, outline: &Outline, onlooker: Onlooker) -> Result<(), TypeFault> {
    let path = || claim.path.to_string();
    let selection = select(claim.path.steps(), outline).ok_or_else(|| TypeFault::WrongShape { path: path() })?;
    let good = |place: &Place<'_>| match claim.disclosure {
        SelectiveDisclosure::Always => place.is_concealable(),
        SelectiveDisclosure::Allowed => true,
        SelectiveDisclosure::Never => !place.is_concealable(),
    };
    if !selection.places.iter().all(good) {
        return Err(TypeFault::WrongDisclosure { path: path() });
    }
    let unseen = selection.hidden && onlooker == Onlooker::Verifier;
    if claim.mandatory && selection.places.is_empty() && !unseen {
        return Err(TypeFault::MissingClaim { path: path() });
    }
    Ok(())
}

/// The values a path leads to.
struct Selection<'a> {
    places: Vec<Place<'a>>,
    /// Whether more of them may be where nothing is disclosed.
    hidden: bool,
}

/// A value, or a list item of which nothing is known but that it is there.
#[derive(Clone, Copy)]
enum Place<'a> {
    Shown(&'a Outline),
    Hidden,
}

impl<'a> Place<'a> {
    fn of(item: &'a Option<Outline>) -> Self {
        item.as_ref().map_or(Self::Hidden, Self::Shown)
    }

    /// Whether it stands behind a disclosure of its own.
    fn is_concealable(&self) -> bool {
        match self {
            Self::Shown(outline) => outline.disclosure.is_some(),
            Self::Hidden => true,
        }
    }
}

/// Follows `steps` as if all claims were disclosed; none when one leads into a value of another shape (§5.6.1.2).
fn select<'a>(steps: &[Step], outline: &'a Outline) -> Option<Selection<'a>> {
    let mut selection = Selection { places: vec![Place::Shown(outline)], hidden: false };
    for step in steps {
        let mut next = Vec::new();
        for place in selection.places {
            let Place::Shown(outline) = place else {
                selection.hidden = true;
                continue;
            };
            match (step, &outline.inside) {
                (Step::Member(name), Inside::Object { members, hides }) => match members.get(name) {
                    Some(member) => next.push(Place::Shown(member)),
                    None => selection.hidden |= *hides,
                },
                (Step::Item(index), Inside::List(items)) => next.extend(items.get(*index).map(Place::of)),
                (Step::EveryItem, Inside::List(items)) => next.extend(items.iter().map(Place::of)),
                _ => return None,
            }
        }
        selection.places = next;
    }
    Some(selection)
}

#[cfg(test)]
mod tests;
