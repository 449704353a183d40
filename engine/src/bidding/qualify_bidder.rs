//! Saying who may bid for a listing (资格审核), rules A3, A4, A5, A9, B3, B4, D1.
//!
//! Who may, has a code from then on, and a deposit that is due in some working days.

use minicbor::{Decode, Encode};

use super::declare::{Right, check_related};
use super::mode::Code;
use super::{ClaimState, after_working_days};
use crate::amount::{Money, Units};
use crate::check;
use crate::event::Event;
use crate::id::{ListingId, PartyId};
use crate::listing::Listing;
use crate::listing::stage::Needs;
use crate::market::{Context, Market};
use crate::registry::{holders, qualify};
use crate::reject::{Field, Reject};
use crate::time::Time;

/// Ask to let a party bid, or not.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct QualifyBidder {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who declared an intention.
    #[n(1)]
    pub party: PartyId,
    /// Yes or no.
    #[n(2)]
    pub verdict: BidderVerdict,
    /// Evidence or reason, 1 to 512 bytes.
    #[n(3)]
    pub reason: String,
}

/// Whether somebody may bid (资格审核结论).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum BidderVerdict {
    /// It may.
    #[n(0)]
    Qualify,
    /// It may not.
    #[n(1)]
    Refuse,
}

/// The venue said whether a party may bid.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BidderQualified {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who.
    #[n(1)]
    pub party: PartyId,
    /// Its code, if it may.
    #[n(2)]
    pub code: Option<Code>,
    /// B4: lots that a holder of the right has.
    #[n(3)]
    pub held_lots: u32,
    /// D1: its deposit is due before this moment.
    #[n(4)]
    pub deposit_due: Time,
    /// Evidence or reason.
    #[n(5)]
    pub reason: String,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &QualifyBidder,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let (listing, party) = (ask.listing, ask.party);
    check::text(Field::Reason, &ask.reason)?;
    let offered = market.find_listing(listing)?;
    offered.check_stage(listing, Needs::AnnouncedOrClosed)?;
    let rules = market.rules_of_listing(listing)?;
    let bidding = market.bidding_of(listing);
    let claim = bidding.claim(party).filter(|claim| claim.state == ClaimState::Declared);
    let claim = claim.ok_or(Reject::NotDeclared { listing, party })?;
    let (mut code, mut held_lots) = (None, 0);
    if ask.verdict == BidderVerdict::Qualify {
        check_related(market, context.at, listing, party)?;
        check_buyer(market, context.at, listing, party)?;
        check_part(market, listing, party, Part::whole(offered))?;
        let given = |priority: bool| {
            let codes = bidding.claims.iter().filter_map(|claim| claim.code);
            let same = codes.filter(|code| code.has_priority() == priority).count();
            u32::try_from(same).expect("claims are few").saturating_add(1)
        };
        code = Some(match claim.right {
            Right::None => Code::Bidder(given(false)),
            Right::FirstRefusal => Code::Priority(given(true)),
        });
        if claim.right == Right::FirstRefusal {
            held_lots = lots_held(market, listing, party)?;
        }
    }
    // From here on the answer is yes.
    let days = rules.deposits.deposit_due_working_days;
    events.push(Event::BidderQualified(Box::new(BidderQualified {
        listing,
        party,
        code,
        held_lots,
        deposit_due: after_working_days(market, context.at, days),
        reason: ask.reason.clone(),
    })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &BidderQualified) {
    let deposit = market.listing_of_fact(fact.listing).terms.deposit_cash();
    market.change_bidding(fact.listing, |bidding| {
        let claim = bidding.claim_mut(fact.party);
        assert!(claim.state == ClaimState::Declared, "one is qualified once");
        (claim.code, claim.held_lots) = (fact.code, fact.held_lots);
        claim.state = match fact.code {
            None => ClaimState::Refused,
            Some(_) if deposit == Money::ZERO => ClaimState::Deposited,
            Some(_) => ClaimState::Qualified(fact.deposit_due),
        };
    });
}

/// What somebody would buy (受让份额): so many units for so much.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) units: Units,
    pub(super) cash: Money,
}

impl Part {
    /// All that is listed, at the floor: what is paid only adds to it.
    pub(super) fn whole(offered: &Listing) -> Self {
        Self { units: offered.terms.units, cash: offered.terms.worth() }
    }
}

/// A4, A5: so much makes an investor of the fund, and a part is no splinter.
pub(super) fn check_part(
    market: &Market,
    listing: ListingId,
    party: PartyId,
    part: Part,
) -> Result<(), Reject> {
    let terms = &market.find_listing(listing)?.terms;
    let fund = &market.fund(terms.fund)?.details;
    let (units, minimum) = (part.units, fund.minimum_ticket);
    // Holders of one right share what is sold whole as they hold it.
    if !terms.portion.is_whole() && units < minimum.min(terms.units) {
        return Err(Reject::BelowMinimumTicket { units, minimum });
    }
    let (fund, invested) = (terms.fund, part.cash);
    let segment = market.segment(market.fund(fund)?.details.segment)?;
    let minimum = segment.pack.investors.investment_min;
    let held = market.register.holding(party, fund).total();
    if held == Units::ZERO && invested < minimum {
        return Err(Reject::BelowInvestmentMin { fund, invested, minimum });
    }
    Ok(())
}

/// A3, A4: the party may hold units of what is listed, once the seller has them no more.
///
/// Who has signed for another part holds nothing yet, and counts; the seller leaves with the last
/// who signs.
pub(super) fn check_buyer(
    market: &Market,
    at: Time,
    listing: ListingId,
    party: PartyId,
) -> Result<(), Reject> {
    let offered = market.find_listing(listing)?;
    let fund = offered.terms.fund;
    let record = market.party(party)?;
    record.check_active(party)?;
    let investors = &market.segment(market.fund(fund)?.details.segment)?.pack.investors;
    qualify::check(party, record, investors, market.date(at))?;
    let joins =
        |party, record| holders::joining(record, market.register.holding(party, fund).total());
    let own = joins(party, record);
    if own == 0 {
        return Ok(());
    }
    let bidding = market.bidding_of(listing);
    let mut all = own;
    for claim in bidding.claims.iter().filter(|claim| claim.state == ClaimState::Signed) {
        all = all.saturating_add(joins(claim.party, market.party(claim.party)?));
    }
    let kept = market.register.holding(offered.seller, fund).total();
    let sold = kept == offered.terms.units && bidding.is_last(party);
    let leaves = if sold { market.party(offered.seller)?.details.look_through } else { 0 };
    holders::holder_cap_after(market, fund, all, leaves).map(|_| ())
}

/// B3, B4: lots that a partner holds; who holds none, or did not keep its right, has none.
fn lots_held(market: &Market, listing: ListingId, party: PartyId) -> Result<u32, Reject> {
    let offered = market.find_listing(listing)?;
    let fund = offered.terms.fund;
    let lot = market.fund(fund)?.details.lot;
    let held = market.register.holding(party, fund).total();
    let lots = held.e2().checked_div(lot.e2()).unwrap_or(0);
    if held == Units::ZERO || !offered.keeps_first_refusal(party) {
        return Err(Reject::NoFirstRefusal { party });
    }
    Ok(u32::try_from(lots).unwrap_or(u32::MAX))
}
