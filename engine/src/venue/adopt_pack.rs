//! Putting a segment under another pack (规则包生效). Needs a second pair of eyes.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::SegmentId;
use crate::market::{Context, Market};
use crate::policy::Pack;
use crate::reject::Reject;
use crate::venue::sound;

/// Ask to put a segment under a pack.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AdoptPack {
    /// Segment.
    #[n(0)]
    pub segment: SegmentId,
    /// Pack; a later version where the code is the one in force.
    #[n(1)]
    pub pack: Pack,
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
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &AdoptPack,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    sound::pack(&ask.pack)?;
    let current = &market.segment(ask.segment)?.pack;
    if ask.pack.code == current.code && ask.pack.version <= current.version {
        let (version, current) = (ask.pack.version, current.version);
        return Err(Reject::PackNotNewer { version, current });
    }
    sound::pack_in_force(&ask.pack, market.date(context.at))?;
    // From here on the answer is yes.
    let (segment, pack) = (ask.segment, ask.pack.clone());
    events.push(Event::PackAdopted(Box::new(PackAdopted { segment, pack })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &PackAdopted) {
    market.segment_mut(fact.segment).pack = fact.pack.clone();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{
        LICENSED, OPERATOR, REGIONAL, approve, licensed, opened, party, refuse, regional, today,
    };

    fn adopt(segment: SegmentId, pack: Pack) -> Command {
        Command::AdoptPack(Box::new(AdoptPack { segment, pack }))
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
