//! Putting a segment under another pack (规则包生效). Needs a second pair of eyes.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::SegmentId;
use crate::market::{Context, Market};
use crate::policy::overlay::Overlay;
use crate::policy::{Pack, PackVersion};
use crate::reject::Reject;
use crate::venue::sound;

/// Ask to put a segment under a pack.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AdoptPack {
    /// Segment.
    #[n(0)]
    pub segment: SegmentId,
    /// Pack; a later version where the code is the one in force, or, with another overlay, the
    /// very pack in force.
    #[n(1)]
    pub pack: Pack,
    /// Overlay, later in the same way; without one, that in force stays. None is ever taken away:
    /// the law of state-owned sellers does not end.
    #[n(2)]
    pub overlay: Option<Overlay>,
}

/// A segment runs under another pack.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PackAdopted {
    /// Segment.
    #[n(0)]
    pub segment: SegmentId,
    /// Pack.
    #[n(1)]
    pub pack: Pack,
    /// Overlay, where it is another.
    #[n(2)]
    pub overlay: Option<Overlay>,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &AdoptPack,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    sound::pack(&ask.pack)?;
    ask.overlay.as_ref().map_or(Ok(()), sound::overlay)?;
    let segment = market.segment(ask.segment)?;
    if ask.overlay.is_none() || ask.pack != segment.pack {
        newer(&ask.pack.edition(), &segment.pack.edition())?;
    }
    if let (Some(next), Some(current)) = (&ask.overlay, &segment.overlay) {
        newer(&next.edition(), &current.edition())?;
    }
    let today = market.date(context.at);
    sound::pack_in_force(&ask.pack, today)?;
    ask.overlay.as_ref().map_or(Ok(()), |overlay| sound::overlay_in_force(overlay, today))?;
    // From here on the answer is yes.
    let AdoptPack { segment, pack, overlay } = ask.clone();
    events.push(Event::PackAdopted(Box::new(PackAdopted { segment, pack, overlay })));
    Ok(())
}

/// `next` has another code than `current`, or a higher version.
fn newer(next: &PackVersion, current: &PackVersion) -> Result<(), Reject> {
    if next.code == current.code && next.version <= current.version {
        let (version, current) = (next.version, current.version);
        return Err(Reject::PackNotNewer { version, current });
    }
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &PackAdopted) {
    let segment = market.segment_mut(fact.segment);
    segment.pack = fact.pack.clone();
    if fact.overlay.is_some() {
        segment.overlay.clone_from(&fact.overlay);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{
        LICENSED, OPERATOR, REGIONAL, approve, licensed, opened, party, refuse, regional, today,
    };
    use crate::policy::choice::Ownership;
    use crate::policy::fixture::{soe, state_rules};
    use crate::policy::listing::ListingRules;

    fn adopt(segment: SegmentId, pack: Pack) -> Command {
        Command::AdoptPack(Box::new(AdoptPack { segment, pack, overlay: None }))
    }

    fn lay_over(pack: Pack, overlay: Overlay) -> Command {
        let (segment, overlay) = (LICENSED, Some(overlay));
        Command::AdoptPack(Box::new(AdoptPack { segment, pack, overlay }))
    }

    #[test]
    fn c_an_overlay_comes_over_the_pack_in_force_and_stays_when_the_pack_changes() {
        let mut market = opened();
        let private = market.listing_rules(LICENSED, Ownership::Private).unwrap();
        let state_owned = |market: &Market| market.listing_rules(LICENSED, Ownership::StateOwned);
        let segment = LICENSED;
        assert_eq!(state_owned(&market), Err(Reject::NoStateRules { segment }));
        approve(&mut market, lay_over(licensed(), soe()));
        let rules = state_owned(&market).unwrap();
        assert_eq!(rules.announcement, state_rules().announcement);
        assert_eq!(rules.payment, state_rules().payment);
        assert_ne!(rules.announcement, private.announcement);
        assert_eq!(
            ListingRules { announcement: private.announcement, payment: private.payment, ..rules },
            private
        );
        assert_eq!(market.listing_rules(LICENSED, Ownership::Private), Ok(private));
        approve(&mut market, adopt(LICENSED, Pack { version: 2, ..licensed() }));
        assert_eq!(state_owned(&market), Ok(rules));
        let judged = market.judged_by(LICENSED, Ownership::StateOwned).unwrap();
        assert_eq!(judged.pack.to_string(), "licensed 2");
        assert_eq!(judged.overlay.map(|overlay| overlay.to_string()).as_deref(), Some("soe 1"));
        assert_eq!(market.judged_by(LICENSED, Ownership::Private).unwrap().overlay, None);
    }

    #[test]
    fn c_an_overlay_is_newer_than_the_one_in_force_and_its_pack_the_very_same_or_newer() {
        let mut market = opened();
        approve(&mut market, lay_over(licensed(), soe()));
        let mut refused = |command| refuse(&mut market, party(OPERATOR), command);
        let not_newer = Reject::PackNotNewer { version: 1, current: 1 };
        assert_eq!(refused(lay_over(licensed(), soe())), not_newer);
        let other = Pack { turnaround_trading_days: 9, ..licensed() };
        assert_eq!(refused(lay_over(other, Overlay { version: 2, ..soe() })), not_newer);
        let valid_from = today().next();
        let early = lay_over(licensed(), Overlay { version: 2, valid_from, ..soe() });
        assert_eq!(refused(early), Reject::PackNotYetValid { valid_from });
        let next = Overlay { version: 2, ..soe() };
        approve(&mut market, lay_over(licensed(), next.clone()));
        assert_eq!(market.segment(LICENSED).unwrap().overlay, Some(next));
        assert_eq!(market.segment(LICENSED).unwrap().pack, licensed());
    }

    #[test]
    fn a1_a_pack_older_than_listings_allows_none() {
        let mut market = opened();
        approve(&mut market, adopt(LICENSED, Pack { version: 2, listing: None, ..licensed() }));
        let rules = market.listing_rules(LICENSED, Ownership::Private);
        assert_eq!(rules, Err(Reject::NoListingRules { segment: LICENSED }));
    }

    #[test]
    fn a_segment_takes_a_newer_version_of_its_pack_or_another_pack() {
        let mut market = opened();
        let newer = Pack { version: 2, turnaround_trading_days: 3, ..licensed() };
        approve(&mut market, adopt(LICENSED, newer.clone()));
        assert_eq!(market.segment(LICENSED).unwrap().pack, newer);
        approve(&mut market, adopt(LICENSED, regional()));
        assert_eq!(market.segment(LICENSED).unwrap().pack, regional());
        assert_eq!(market.segment(REGIONAL).unwrap().pack, regional());
    }

    #[test]
    fn a_pack_that_is_unsound_old_or_early_is_refused() {
        let mut market = opened();
        let mut refused =
            |segment, pack| refuse(&mut market, party(OPERATOR), adopt(segment, pack));
        let unsound = Pack { version: 0, ..licensed() };
        assert_eq!(refused(LICENSED, unsound).name(), "OUT_OF_RANGE");
        let segment = SegmentId::new(2);
        assert_eq!(refused(segment, licensed()), Reject::SegmentNotFound { segment });
        let same = refused(LICENSED, licensed());
        assert_eq!(same, Reject::PackNotNewer { version: 1, current: 1 });
        let valid_from = today().next();
        let early = Pack { version: 2, valid_from, ..licensed() };
        assert_eq!(refused(LICENSED, early), Reject::PackNotYetValid { valid_from });
    }
}
