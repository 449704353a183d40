//! Opening the bidding (开启竞价), rules A1, B4, C1, C4, D1, D2.
//!
//! The announcement is over, everybody who declared an intention knows whether it may bid, and no
//! deposit is awaited any more. Two or more bid in the way that was announced, for all of it or, if
//! that was announced, for parts; one negotiates for all of it at the floor or above; without any
//! the listing ends.

use minicbor::{Decode, Encode};

use super::mode::{
    CRITERIA_MAX, Code, Criterion, Dutch, ENTRANTS_MAX, English, Entrant, EntrantStatus,
    FirstRefusal, Lot, LotEvent, Mode, Negotiated, Pays, Portion, Quotes, Reserve, SECONDS_MAX,
    SameRank, Sealed, Tender, WEIGHT_MAX,
};
use super::{Claim, ClaimState, Conduct, Open, Progress};
use crate::amount::{Price, Units};
use crate::check;
use crate::event::Event;
use crate::id::ListingId;
use crate::listing::stage::{EndReason, Needs};
use crate::listing::terms::{Method, Reserve as Announced};
use crate::listing::{Listing, WHOLE};
use crate::market::{Context, Market};
use crate::policy::choice::{Priority, Split};
use crate::policy::listing::{ListingRules, OfferRules};
use crate::policy::{DAY_SECONDS, JudgedBy};
use crate::reject::{Field, Reject};
use crate::time::Time;

/// Furthest ahead that bidding begins, in days: deposits wait for it.
const BEGINS_DAYS_MAX: u16 = 90;

/// Ask to open the bidding for a listing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OpenBidding {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// When bids are first taken, ahead and within 90 days.
    #[n(1)]
    pub begins: Time,
    /// What the listing and the pack leave open.
    #[n(2)]
    pub opening: Opening,
}

/// What listing and pack leave open of a mode (竞价参数).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Opening {
    /// Open ascending bids.
    #[n(0)]
    English {
        /// The least by which a bid is above the best, in whole ticks.
        #[n(0)]
        increment: Price,
    },
    /// Sealed bids, with what the winner pays as announced.
    #[n(1)]
    Sealed {
        /// How long they are handed in, in seconds.
        #[n(0)]
        commit_seconds: u32,
    },
    /// A falling price.
    #[n(2)]
    Dutch {
        /// The first price, in whole ticks.
        #[n(0)]
        start: Price,
        /// By how much it falls, in whole ticks.
        #[n(1)]
        step: Price,
        /// How long each is called, in seconds.
        #[n(2)]
        step_seconds: u32,
    },
    /// Offers and counter-offers, also where there is one bidder.
    #[n(3)]
    Negotiated {
        /// How long it lasts at most, in seconds.
        #[n(0)]
        seconds: u32,
    },
    /// Sealed bids that are scored.
    #[n(4)]
    Tender {
        /// How long they are handed in, in seconds.
        #[n(0)]
        commit_seconds: u32,
        /// How long they are scored, in seconds.
        #[n(1)]
        scoring_seconds: u32,
        /// What the price weighs.
        #[n(2)]
        price_weight: u32,
        /// What else is scored.
        #[n(3)]
        criteria: Vec<Criterion>,
    },
    /// Quotes of those who are asked.
    #[n(5)]
    Quotes {
        /// Who is asked, each once; who is not has its deposit back.
        #[n(0)]
        asked: Vec<Code>,
        /// How long they give quotes, in seconds.
        #[n(1)]
        quote_seconds: u32,
        /// How long the seller chooses, in seconds.
        #[n(2)]
        choose_seconds: u32,
    },
}

/// Bidding is open.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BiddingOpened {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// When bids are first taken.
    #[n(1)]
    pub begins: Time,
    /// How it is sold.
    #[n(2)]
    pub mode: Mode,
    /// By which rules it is conducted.
    #[n(3)]
    pub conduct: Conduct,
    /// Which pack and overlay say so.
    #[n(4)]
    pub judged: JudgedBy,
    /// Of a request for quotes: who is asked.
    #[cbor(n(5), skip_if = "Vec::is_empty")]
    pub asked: Vec<Code>,
}

/// A listing found nobody, or the lot no buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BiddingFailed {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Why.
    #[n(1)]
    pub reason: EndReason,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &OpenBidding,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let listing = ask.listing;
    let offered = market.find_listing(listing)?;
    check::ahead(Field::Begins, ask.begins, context.at)?;
    check::expiry(ask.begins, context.at, BEGINS_DAYS_MAX)?;
    offered.check_stage(listing, Needs::Closed)?;
    let rules = market.rules_of_listing(listing)?;
    let bidding = market.bidding_of(listing);
    let waits = |claim: &&Claim| match claim.state {
        ClaimState::Declared => true,
        ClaimState::Qualified(due) => context.at < due,
        ClaimState::Refused
        | ClaimState::Deposited
        | ClaimState::Returned
        | ClaimState::Defaulted
        | ClaimState::Signed => false,
    };
    if let Some(claim) = bidding.claims.iter().find(waits) {
        return Err(Reject::IntentionWaits { listing, party: claim.party });
    }
    let bidders = bidding.claims.iter().filter(|claim| claim.state == ClaimState::Deposited);
    let method = match bidders.count() {
        0 => {
            let reason = EndReason::NoBidder;
            events.push(Event::BiddingFailed(BiddingFailed { listing, reason }));
            return Ok(());
        }
        1 => Method::Negotiated,
        _ => offered.terms.method,
    };
    market.check_deal_appraisal(listing, market.date(ask.begins))?;
    let terms = (method, offered.terms.portion);
    let mode = mode(&rules, terms, &ask.opening).ok_or(Reject::OtherMethod { listing, method })?;
    check_opening(market, listing, &ask.opening)?;
    let asked = asked(&ask.opening).to_vec();
    let judged = market.judges_of_listing(listing)?;
    // From here on the answer is yes.
    let (begins, quantity) = (ask.begins, quantity(market, listing));
    assert!(mode.rules().check(quantity).is_ok(), "what was checked makes sense");
    let conduct = Conduct::from(&rules);
    let opened = BiddingOpened { listing, begins, mode, conduct, judged, asked };
    events.push(Event::BiddingOpened(Box::new(opened)));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &BiddingOpened) {
    let terms = &market.listing_of_fact(fact.listing).terms;
    let reserve = match terms.reserve {
        Announced::Public => Reserve::Public(terms.floor),
        Announced::Hidden => Reserve::Hidden(terms.floor),
    };
    let mut lot = Lot::new(fact.listing.number(), quantity(market, fact.listing), reserve);
    market.begin_bidding(fact.listing);
    let now = market.now;
    market.change_bidding(fact.listing, |bidding| {
        let is_asked = |code| fact.asked.is_empty() || fact.asked.contains(&code);
        for claim in &bidding.claims {
            let deposited = claim.code.filter(|_| claim.state == ClaimState::Deposited);
            if let Some(code) = deposited.filter(|code| is_asked(*code)) {
                let (held_lots, status) = (claim.held_lots, EntrantStatus::Admitted);
                lot.apply(&LotEvent::Admitted(Entrant { code, held_lots, status }));
            }
        }
        let (mode, begins, conduct) = (fact.mode.clone(), fact.begins, fact.conduct);
        bidding.open = Some(Open { mode, begins, lot, conduct });
        bidding.progress = Progress::Open;
        // D4: who is not asked for a quote has its deposit back at once.
        if bidding.losers().next().is_some() {
            bidding.refund_due = Some(now);
        }
    });
}

pub(crate) fn apply_failed(market: &mut Market, fact: &BiddingFailed) {
    market.end_listing(fact.listing, fact.reason);
}

/// Lots of the fund that are listed.
fn quantity(market: &Market, listing: ListingId) -> u64 {
    market.lots_of_listing(market.listing_of_fact(listing))
}

impl Market {
    /// Lots of the fund that `listing` offers.
    pub(crate) fn lots_listed(&self, listing: &Listing) -> Option<u64> {
        let lot = self.fund(listing.terms.fund).ok()?.details.lot;
        listing.terms.units.e2().checked_div(lot.e2())
    }

    /// Units of one lot of the fund of which a listing of the market is.
    pub(crate) fn lot_of_listing(&self, listing: &Listing) -> Units {
        self.fund(listing.terms.fund).expect("a listing's fund is registered").details.lot
    }

    /// Lots of the fund that a listing of the market offers.
    pub(crate) fn lots_of_listing(&self, listing: &Listing) -> u64 {
        self.lots_listed(listing).expect("a listing's fund is registered, and its lot is some")
    }
}

/// The parameters of the mode: what was announced, what the pack says, and what was left open.
fn mode(
    rules: &ListingRules,
    (method, portion): (Method, Portion),
    opening: &Opening,
) -> Option<Mode> {
    let reveal_seconds = rules.sealed.reveal_minutes.saturating_mul(60);
    let sealed = |pays| match *opening {
        Opening::Sealed { commit_seconds } => Some(Mode::Sealed(Sealed {
            commit_seconds,
            reveal_seconds,
            pays,
            portion,
            margin: rules.award.margin,
        })),
        Opening::English { .. }
        | Opening::Dutch { .. }
        | Opening::Negotiated { .. }
        | Opening::Tender { .. }
        | Opening::Quotes { .. } => None,
    };
    match (method, opening) {
        (Method::English, &Opening::English { increment }) => {
            Some(Mode::English(english(rules, increment)))
        }
        (Method::SealedPayAsBid, _) => sealed(Pays::Bid),
        (Method::SealedUniform, _) => sealed(Pays::LowestWinning),
        (Method::SealedVickrey, _) => sealed(Pays::Externality),
        (Method::Dutch, &Opening::Dutch { start, step, step_seconds }) => {
            Some(Mode::Dutch(Dutch { start, step, step_seconds, portion }))
        }
        (Method::Negotiated, &Opening::Negotiated { seconds }) => {
            let days = u64::from(rules.offers.offer_days_max);
            let offer = u32::try_from(days.saturating_mul(DAY_SECONDS)).unwrap_or(SECONDS_MAX);
            let offer_seconds_max = offer.min(SECONDS_MAX);
            Some(Mode::Negotiated(Negotiated { seconds, offer_seconds_max }))
        }
        (
            Method::Tender,
            Opening::Tender { commit_seconds, scoring_seconds, price_weight, criteria },
        ) => Some(Mode::Tender(Tender {
            commit_seconds: *commit_seconds,
            reveal_seconds,
            scoring_seconds: *scoring_seconds,
            price_weight: *price_weight,
            criteria: criteria.clone(),
        })),
        (Method::RequestForQuote, &Opening::Quotes { quote_seconds, choose_seconds, .. }) => {
            Some(Mode::Quotes(Quotes { quote_seconds, choose_seconds }))
        }
        (
            Method::English
            | Method::Dutch
            | Method::Negotiated
            | Method::Tender
            | Method::RequestForQuote
            | Method::Judicial,
            Opening::English { .. }
            | Opening::Sealed { .. }
            | Opening::Dutch { .. }
            | Opening::Negotiated { .. }
            | Opening::Tender { .. }
            | Opening::Quotes { .. },
        ) => None,
    }
}

/// D2, B3, B4: the clock and the rights are the pack's.
fn english(rules: &ListingRules, increment: Price) -> English {
    let (timed, partners) = (&rules.timed, &rules.partners);
    let hard = timed.hard_stop_minutes.saturating_mul(60);
    let after = u32::from(partners.after_award_days).saturating_mul(86_400);
    English {
        free_seconds: timed.free_minutes.saturating_mul(60),
        timed_seconds: timed.cycle_seconds,
        window_seconds: timed.cycle_seconds,
        soft_close: timed.soft_close,
        hard_stop_seconds: (0 < hard).then_some(hard.max(timed.cycle_seconds)),
        increment,
        first_refusal: match partners.first_refusal_priority {
            Priority::InAuction => FirstRefusal::InAuction,
            Priority::AfterAward => FirstRefusal::AfterHammer(after),
        },
        same_rank: match partners.first_refusal_split {
            Split::ProRata => SameRank::ProRata,
            Split::Earliest => SameRank::Earliest,
        },
    }
}

/// Who is asked for a quote; nobody but in a request for quotes.
fn asked(opening: &Opening) -> &[Code] {
    match opening {
        Opening::Quotes { asked, .. } => asked,
        Opening::English { .. }
        | Opening::Sealed { .. }
        | Opening::Dutch { .. }
        | Opening::Negotiated { .. }
        | Opening::Tender { .. } => &[],
    }
}

/// Prices are whole ticks, lengths some seconds, and a tender and those who are asked for a quote
/// are what the pack allows.
fn check_opening(market: &Market, listing: ListingId, opening: &Opening) -> Result<(), Reject> {
    let fund = &market.fund(market.find_listing(listing)?.terms.fund)?.details;
    let length = |seconds: u32| {
        check::range(Field::PhaseSeconds, u64::from(seconds), 1, u64::from(SECONDS_MAX))
    };
    let rules = market.rules_of_listing(listing)?.offers;
    match *opening {
        Opening::English { increment } => price(fund, increment),
        Opening::Sealed { commit_seconds } => length(commit_seconds),
        Opening::Dutch { start, step, step_seconds } => {
            length(step_seconds)?;
            price(fund, start)?;
            price(fund, step)
        }
        Opening::Negotiated { seconds } => length(seconds),
        Opening::Tender { commit_seconds, scoring_seconds, price_weight, ref criteria } => {
            length(commit_seconds)?;
            length(scoring_seconds)?;
            check_weights(&rules, price_weight, criteria)
        }
        Opening::Quotes { ref asked, quote_seconds, choose_seconds } => {
            let days = u64::from(rules.quote_days_max);
            let most = days.saturating_mul(DAY_SECONDS).min(SECONDS_MAX.into());
            // A quote binds from the first moment to the choice.
            check::range(Field::PhaseSeconds, quote_seconds.into(), 1, most)?;
            check::range(Field::PhaseSeconds, choose_seconds.into(), 1, most)?;
            let both = u64::from(quote_seconds).saturating_add(choose_seconds.into());
            check::range(Field::PhaseSeconds, both, 2, most)?;
            check_asked(market, listing, asked, rules.quote_parties_max)
        }
    }
}

/// A1: the price weighs enough, and every criterion has a name.
fn check_weights(
    rules: &OfferRules,
    price_weight: u32,
    criteria: &[Criterion],
) -> Result<(), Reject> {
    let most = usize::from(rules.criteria_max).min(CRITERIA_MAX);
    check::length(Field::Criteria, criteria.len(), 0, most)?;
    check::range(Field::Weight, price_weight.into(), 0, WEIGHT_MAX.into())?;
    let mut all = u64::from(price_weight);
    for criterion in criteria {
        check::text(Field::Criteria, &criterion.name)?;
        check::range(Field::Weight, criterion.weight.into(), 1, WEIGHT_MAX.into())?;
        all = all.saturating_add(criterion.weight.into());
    }
    let whole = u64::from(WHOLE.get());
    let share = u64::from(price_weight).saturating_mul(whole).checked_div(all).unwrap_or(0);
    let least = u64::from(rules.price_weight_min.get()).max(u64::from(criteria.is_empty()));
    check::range(Field::PriceWeight, share, least, whole)
}

/// Those who are asked for a quote have their deposits held, and each is asked once.
fn check_asked(
    market: &Market,
    listing: ListingId,
    asked: &[Code],
    most: u16,
) -> Result<(), Reject> {
    check::length(Field::Asked, asked.len(), 1, usize::from(most).min(ENTRANTS_MAX))?;
    if !asked.is_sorted_by(|one, next| one < next) {
        return Err(Reject::Inconsistent { field: Field::Asked });
    }
    let bidding = market.bidding_of(listing);
    for code in asked {
        let claim = bidding.coded(*code).filter(|claim| claim.state == ClaimState::Deposited);
        claim.ok_or(Reject::NotAdmitted { code: *code })?;
    }
    Ok(())
}

fn price(fund: &crate::registry::fund::FundDetails, price: Price) -> Result<(), Reject> {
    check::in_ticks(fund, price)?;
    if price.e4() <= crate::policy::PRICE_E4_MAX {
        return Ok(());
    }
    Err(Reject::NotInTicks { price, tick: fund.tick })
}
