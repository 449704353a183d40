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
