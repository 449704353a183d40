//! What a party should know before it acts on a listing (限额).

use sfund_proto::v1;

use crate::ask::Query;
use crate::bidding::Part;
use crate::error::{Refusal, Unreadable};
use crate::trading::Trading;
use crate::wire::{self, Twin};

/// Which limit a meter is of, rule J1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeterKind {
    /// A5: kept once the party accepted the confidentiality terms; limits of the fund itself are
    /// told from then on.
    Confidentiality,
    /// A4: last date on which the party's qualification is good; the limit is today.
    QualifiedUntil,
    /// A3: holders of the fund once the party bought all that is listed; the most that it may have.
    Holders,
    /// A4: what the listing is worth at its floor; the least that a new investor has in the fund.
    Investment,
    /// A5: units listed; the fewest of an offer.
    Units,
    /// D1: the party's free cash; the deposit that it has to pay.
    Deposit,
    /// D1: intentions declared; the most of one listing.
    Intentions,
    /// D2: bids of this party; the most of one bidder.
    OwnBids,
    /// C2: today; the last date of the announcement, on which intentions are still taken.
    AnnouncedUntil,
}

/// One limit, and how a party stands to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// Which.
    pub kind: MeterKind,
    /// The rule that it rests on, as `A3`.
    pub rule: String,
    /// How much it is, as a number or a date; empty where it is only kept or not.
    pub value: String,
    /// How much it may be, at most or at least as its kind says.
    pub limit: String,
    /// Whether it is kept as things stand.
    pub kept: bool,
}

/// What the market would answer to a command now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prospect {
    /// Name of the command, as `PlaceBid`.
    pub command: String,
    /// Why it would be refused; `None` if it would be taken.
    pub refusal: Option<Refusal>,
}

/// Limits of a listing, and what may be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingMeters {
    /// Limits, as far as the caller may know them.
    pub meters: Vec<Meter>,
    /// What would be answered to a declaration of interest, to the deposit, and to the least bid
    /// there is.
    pub prospects: Vec<Prospect>,
}

impl ListingMeters {
    /// The meter of this kind, if it is told.
    #[must_use]
    pub fn of(&self, kind: MeterKind) -> Option<&Meter> {
        self.meters.iter().find(|meter| meter.kind == kind)
    }
}

impl Trading {
    /// What a party should know before it acts on a listing: each limit, and what the market would
    /// answer (限额).
    pub fn listing_meters(&self, part: impl Into<Part>) -> Query<ListingMeters> {
        let Part { listing, party } = part.into();
        let request = v1::GetListingMetersRequest {
            listing_id: listing.to_string(),
            party_id: wire::text(party),
            ..Default::default()
        };
        Query::new(self.client(), request, meters_of)
    }
}

fn meters_of(wire: v1::GetListingMetersResponse) -> Result<ListingMeters, Unreadable> {
    let meter = |wire: v1::Meter| {
        Ok(Meter {
            kind: MeterKind::from_wire(wire.kind)?,
            rule: wire.rule,
            value: wire.value,
            limit: wire.limit,
            kept: wire.kept,
        })
    };
    let prospect = |wire: v1::Prospect| Prospect {
        command: wire.command,
        refusal: wire.refusal.map(Refusal::from_wire),
    };
    Ok(ListingMeters {
        meters: wire.meters.into_iter().map(meter).collect::<Result<_, _>>()?,
        prospects: wire.prospects.into_iter().map(prospect).collect(),
    })
}
