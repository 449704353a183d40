//! How far a party is from the limits of a listing (rule J1).

use sfund_engine::amount::{Money, Units};
use sfund_engine::bidding::mode::BIDS_MAX;
use sfund_engine::id::PartyId;
use sfund_engine::listing::terms::Reserve;
use sfund_engine::time::{Date, Time};

use crate::read::Read;
use crate::read::listings::ListingView;
use crate::read::page::Ask;

/// One limit of a listing, and how a party stands to it (限额).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListingMeter {
    /// A5: whether the party accepted the confidentiality terms.
    Confidentiality(bool),
    /// A4: last date on which its qualification is good, and today.
    QualifiedUntil(Option<Date>, Date),
    /// A3: holders of the fund once it bought all that is listed, and the most that it may have.
    Holders(u32, u32),
    /// A4: what the listing is worth at its floor, and the least that a new investor has.
    Investment(Money, Money),
    /// A5: units listed, and the fewest of an offer.
    Units(Units, Units),
    /// D1: the party's free cash, and the deposit that it has to pay.
    Deposit(Money, Money),
    /// D1: intentions declared, and the most of one listing.
    Intentions(usize, usize),
    /// D2: bids of this party, and the most of one bidder.
    OwnBids(usize, usize),
    /// C2: today, and the last date of the announcement.
    AnnouncedUntil(Date, Date),
}

impl ListingMeter {
    /// Whether it tells of the party alone, and nothing of the fund.
    #[must_use]
    pub const fn is_of_the_party(&self) -> bool {
        match self {
            Self::Confidentiality(_)
            | Self::QualifiedUntil(..)
            | Self::OwnBids(..)
            | Self::AnnouncedUntil(..) => true,
            Self::Holders(..)
            | Self::Investment(..)
            | Self::Units(..)
            | Self::Deposit(..)
            | Self::Intentions(..) => false,
        }
    }
}

impl Read {
    /// How `party` stands to the limits of a listing at `at`; `None` if there is no such party.
    #[must_use]
    pub fn listing_meters(
        &self,
        view: &ListingView,
        party: PartyId,
        at: Time,
    ) -> Option<Vec<ListingMeter>> {
        let (listing, terms) = (&view.listing, &view.listing.terms);
        let record = self.party(party)?;
        let fund = self.fund(terms.fund)?;
        let segment = self.segment(fund.fund.details.segment)?;
        let pack = &segment.segment.pack;
        let today = at.date(self.venue()?.utc_offset_minutes);
        let evidence = record.qualification.as_ref();
        let mut meters = vec![
            ListingMeter::Confidentiality(self.listing_reader(view.id, party).is_some()),
            ListingMeter::QualifiedUntil(evidence.map(|evidence| evidence.expires), today),
        ];
        let holds = |of: PartyId| self.holding(of, terms.fund).map(|holding| holding.total());
        let is_holder = holds(party).is_some_and(|units| units != Units::ZERO);
        let joins = if is_holder { 0 } else { record.details.look_through };
        let sells_out = holds(listing.seller) == Some(terms.units);
        let seller = self.party(listing.seller)?;
        let leaves = if sells_out { seller.details.look_through } else { 0 };
        let holders = fund.fund.holders.saturating_add(joins).saturating_sub(leaves);
        meters.push(ListingMeter::Holders(holders, fund.holder_cap));
        meters.push(ListingMeter::Units(terms.units, fund.fund.details.minimum_ticket));
        let claim = self.claim(view.id, party);
        if terms.reserve == Reserve::Public {
            if !is_holder {
                let minimum = pack.investors.investment_min;
                meters.push(ListingMeter::Investment(terms.worth(), minimum));
            }
            let cash = self.cash(party, fund.fund.details.currency);
            let free = cash.map_or(Money::ZERO, |cash| cash.available);
            if claim.as_ref().is_none_or(|claim| claim.held == Money::ZERO) {
                meters.push(ListingMeter::Deposit(free, terms.deposit_cash()));
            }
        }
        if let Some(rules) = &pack.listing {
            let most = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
            let intentions = usize::try_from(listing.intentions).unwrap_or(usize::MAX);
            let limits = &rules.limits;
            meters.push(ListingMeter::Intentions(intentions, most(limits.bidders_per_lot_max)));
            let code = claim.and_then(|claim| claim.code);
            let own = code.map_or(0, |code| {
                let all = Ask { after: None, rows_max: BIDS_MAX };
                self.bids(view.id, &all, |bid| bid.bidder == code).rows.len()
            });
            meters.push(ListingMeter::OwnBids(own, most(limits.bids_per_bidder_max)));
        }
        if let Some(announced) = &listing.announcement {
            meters.push(ListingMeter::AnnouncedUntil(today, announced.period.last));
        }
        Some(meters)
    }
}
