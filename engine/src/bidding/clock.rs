//! What falls due in the bidding for a listing (到期处理), rules B4, C1, C7, D2, D4, D5.
//!
//! One step an entry: the lot's own clock; the award once bidding is over; losers' deposits; a
//! contract that nobody signed; the hand-over once the result was shown.

use super::award::{AwardVoided, DealHandedOver, LotAwarded, failed};
use super::bid::LotMoved;
use super::deposit::{DepositForfeited, DepositsReturned, Forfeit};
use super::mode::{Award, Code, Line, LotEvent, Mode, OfferState, Phase, Side};
use super::sign::check_signature;
use super::{Bidding, Binding, ClaimState, Conduct, Deal, Open, Progress, after_working_days};
use crate::amount::{Money, Ppm, Units};
use crate::event::Event;
use crate::id::ListingId;
use crate::listing::WHOLE;
use crate::market::Market;
use crate::policy::choice::AfterDefault;
use crate::time::Time;

/// What is due at `at` for `listing`.
pub(crate) fn step(market: &Market, at: Time, listing: ListingId, events: &mut Vec<Event>) {
    let bidding = market.biddings.get(&listing).expect("a deadline is of a bidding");
    let clerk = Clerk { market, at, listing, bidding };
    match (bidding.progress, &bidding.open, &bidding.deal) {
        (Progress::Open, Some(open), _) => clerk.lot(open, events),
        (Progress::Awarded, Some(open), Some(deal)) => clerk.deal(open, deal, events),
        (Progress::Gathering | Progress::Open | Progress::Awarded | Progress::Over, _, _) => {
            clerk.refund(events);
        }
    }
}

struct Clerk<'m> {
    market: &'m Market,
    at: Time,
    listing: ListingId,
    bidding: &'m Bidding,
}

impl Clerk<'_> {
    fn moved(&self, change: LotEvent) -> Event {
        Event::LotMoved(Box::new(LotMoved { listing: self.listing, change }))
    }

    /// D4: the losers' deposits go back.
    fn refund(&self, events: &mut Vec<Event>) {
        events.push(Event::DepositsReturned(DepositsReturned { listing: self.listing }));
    }

    /// The lot begins, its clock rings, or it is over and awarded.
    fn lot(&self, open: &Open, events: &mut Vec<Event>) {
        // Who is not asked for a quote waits for nothing.
        if self.bidding.refund_due.is_some_and(|due| due <= self.at)
            && self.bidding.losers().next().is_some()
        {
            return self.refund(events);
        }
        let rules = open.mode.rules();
        let changes = match open.lot.phase() {
            Phase::Waiting => rules.begin(&open.lot, open.begins),
            Phase::Over => return self.award(open, events),
            Phase::Free
            | Phase::Timed
            | Phase::Committing
            | Phase::Revealing
            | Phase::Scoring
            | Phase::Falling
            | Phase::Negotiating
            | Phase::Quoting
            | Phase::Choosing
            | Phase::FirstRefusal => rules.due(&open.lot),
        };
        events.extend(changes.into_iter().map(|change| self.moved(change)));
    }

    /// D4, D5: who wins, or that nobody does; and who forfeits for not having bid as it must.
    fn award(&self, open: &Open, events: &mut Vec<Event>) {
        let award = open.mode.rules().close(&open.lot);
        let first = !open.lot.entrants().iter().any(|entrant| open.lot.is_barred(entrant.code));
        if first {
            for code in &award.unrevealed {
                let share = open.conduct.unrevealed_forfeit;
                self.forfeit(open, *code, share, Forfeit::NotRevealed, events);
            }
        }
        let sold = self.is_sold(&award);
        let next = first || open.conduct.after_default == AfterDefault::NextBidder;
        if !sold || !next {
            if let Some(code) = silent(open).filter(|_| first) {
                self.forfeit(open, code, WHOLE, Forfeit::NoQuote, events);
            }
            return events.push(failed(self.listing));
        }
        let conduct = &open.conduct;
        let (binding, days) = if first {
            (Binding::Bound, conduct.signature_working_days)
        } else {
            (Binding::Offered, conduct.next_bidder_working_days)
        };
        events.push(self.awarded(conduct, award, binding, days));
    }

    /// D5: whether somebody won, and every winner can sign: who has its deposit back is bound to
    /// nothing any more.
    fn is_sold(&self, award: &Award) -> bool {
        let is_held = |code| {
            let claim = self.bidding.coded(code);
            claim.is_some_and(|claim| claim.state == ClaimState::Deposited)
        };
        award.winners().next().is_some() && award.winners().all(|line| is_held(line.bidder))
    }

    /// D4: a share of what the bidder's deposit holds is forfeited, rounded down.
    fn forfeit(&self, open: &Open, code: Code, share: Ppm, why: Forfeit, events: &mut Vec<Event>) {
        let claim = self.bidding.coded(code).expect("a code is of a claim");
        let amount = claim.held.fee_down(share);
        let (listing, to) = (self.listing, open.conduct.forfeit_to);
        if amount != Money::ZERO || why == Forfeit::NotSigned {
            let fact = DepositForfeited { listing, code, amount, to, why };
            events.push(Event::DepositForfeited(fact));
        }
    }

    /// An award is signed, shown and handed over; or it is not signed in time.
    fn deal(&self, open: &Open, deal: &Deal, events: &mut Vec<Event>) {
        let signed = self.bidding.is_signed(deal);
        if signed && deal.shown_until <= self.at && self.bidding.losers().next().is_none() {
            let (listing, unsold) = (self.listing, self.unsold(deal));
            return events.push(Event::DealHandedOver(DealHandedOver { listing, unsold }));
        }
        if signed || self.at < deal.signature_due {
            return self.refund(events);
        }
        let (market, listing) = (self.market, self.listing);
        let last = Time::from_nanos(deal.signature_due.nanos().saturating_sub(1));
        // What was signed for stands where the lot is shared.
        let kept: Vec<Line> =
            if open.mode.portion().is_whole() { Vec::new() } else { self.signed(deal) };
        // C1: nobody could sign on an appraisal that is out, and that is no bidder's default.
        if kept.is_empty() && market.check_deal_appraisal(listing, market.date(last)).is_err() {
            return events.push(failed(listing));
        }
        // D5: who has not signed is out; D4: who could have forfeits.
        let mut lot = open.lot.clone();
        for line in deal.award.winners() {
            let code = line.bidder;
            let claim = self.bidding.coded(code).expect("a code is of a claim");
            // Of a falling price one may have taken several parts.
            if claim.state == ClaimState::Signed || lot.is_barred(code) {
                continue;
            }
            let could = check_signature(market, last, listing, claim.party).is_ok();
            match deal.binding {
                Binding::Bound if could => {
                    self.forfeit(open, code, WHOLE, Forfeit::NotSigned, events);
                }
                // The market let it not sign, or it never bound itself to this: its deposit goes
                // back.
                Binding::Bound | Binding::Offered => {}
            }
            lot.apply(&LotEvent::Barred(code));
            events.push(self.moved(LotEvent::Barred(code)));
        }
        assert!(open.lot.phase() == Phase::Over, "an award follows the end");
        if kept.is_empty() {
            return events.push(Event::AwardVoided(AwardVoided { listing }));
        }
        let bound = |code| {
            let claim = self.bidding.coded(code);
            claim.is_some_and(|claim| claim.state == ClaimState::Deposited)
        };
        let award = open.conduct.rest(&open.mode, &lot, (&deal.award, &kept), bound);
        let days = open.conduct.next_bidder_working_days;
        events.push(self.awarded(&open.conduct, award, Binding::Offered, days));
    }

    /// Lines of those who have signed.
    fn signed(&self, deal: &Deal) -> Vec<Line> {
        let signed = |line: &&Line| {
            let claim = self.bidding.coded(line.bidder);
            claim.is_some_and(|claim| claim.state == ClaimState::Signed)
        };
        deal.award.winners().filter(signed).copied().collect()
    }

    /// A8: units that nobody won.
    fn unsold(&self, deal: &Deal) -> Units {
        let offered = self.market.listing_of_fact(self.listing);
        let units = deal.award.sold().checked_mul(self.market.lot_of_listing(offered).e2());
        let sold = units.map(Units::from_e2).expect("at most the units that are listed");
        offered.terms.units.minus(sold)
    }

    /// The event of an award: contracts are signed within so many working days.
    fn awarded(&self, conduct: &Conduct, award: Award, binding: Binding, days: u16) -> Event {
        let after = |days| after_working_days(self.market, self.at, days);
        Event::LotAwarded(Box::new(LotAwarded {
            listing: self.listing,
            award,
            binding,
            signature_due: after(days),
            shown_until: after(conduct.notice_working_days),
            refund_due: after(conduct.refund_working_days),
        }))
    }
}

/// D4: the sole bidder, if it offered nothing at the reserve or above.
fn silent(open: &Open) -> Option<Code> {
    let [sole] = open.lot.entrants() else { return None };
    let reserve = open.lot.reserve().price();
    let quoted = open.lot.offers().iter().any(|offer| {
        let own = offer.by == Side::Bidder(sole.code) && reserve <= offer.terms.price;
        let agreed = offer.state == OfferState::Accepted;
        own || agreed
    });
    let negotiated = matches!(open.mode, Mode::Negotiated(_));
    (negotiated && !quoted).then_some(sole.code)
}
