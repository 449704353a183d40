//! What the bidding makes of a listing (竞价推进): the stages after the announcement.
//!
//! Each is called by the `apply` of an event of the bidding, and asserts what its `decide` checked.
//! The stages are those of [`Stage`]; the record keeps the date of each.

use crate::amount::Units;
use crate::id::{ListingId, PartyId};
use crate::listing::confidentiality;
use crate::listing::rules::Rules;
use crate::listing::stage::{EndReason, Needs, Stage};
use crate::market::Market;
use crate::reject::Reject;
use crate::time::{Date, Time};

impl Market {
    /// Somebody declared an intention (意向登记): the listing is announced.
    pub(crate) fn intention_declared(&mut self, listing: ListingId) {
        self.change_listing(listing, |record| {
            assert!(record.stage == Stage::Announced, "intentions are declared while announced");
            record.intentions = record.intentions.checked_add(1).expect("at most the pack's");
        });
    }

    /// Bids are taken from here on (开始竞价).
    pub(crate) fn begin_bidding(&mut self, listing: ListingId) {
        self.stage_listing(listing, Needs::Closed, Stage::Bidding);
    }

    /// Somebody won, provisionally (确定受让方).
    pub(crate) fn award_listing(&mut self, listing: ListingId) {
        self.stage_listing(listing, Needs::Bidding, Stage::Awarded);
    }

    /// D5: the winner defaulted, and the lot is offered to the next or auctioned again.
    pub(crate) fn reopen_bidding(&mut self, listing: ListingId) {
        self.stage_listing(listing, Needs::Awarded, Stage::Bidding);
    }

    /// The contract is signed, and settlement has it (移交结算). The units stay locked for it, but
    /// for those that nobody won.
    pub(crate) fn hand_over(&mut self, listing: ListingId, unsold: Units) {
        self.unlock_listed(listing, unsold);
        self.change_listing(listing, |record| record.unsold = unsold);
        self.stage_listing(listing, Needs::Awarded, Stage::HandedOver);
    }
}

impl Market {
    /// A9: refuses a party that may not bid on a listing: the seller, its affiliates, the staff.
    ///
    /// # Errors
    ///
    /// [`Reject::ListingNotFound`], [`Reject::ConflictOfInterest`].
    pub fn may_bid(&self, at: Time, listing: ListingId, bidder: PartyId) -> Result<(), Reject> {
        let record = self.find_listing(listing)?;
        confidentiality::may_bid(self, at, listing, record, bidder)
    }

    /// C1: refuses a deal on `date` that a state-owned seller's appraisal does not reach.
    ///
    /// # Errors
    ///
    /// [`Reject::ListingNotFound`], [`Reject::AppraisalMissing`], [`Reject::AppraisalNotValid`].
    pub fn check_deal_appraisal(&self, listing: ListingId, date: Date) -> Result<(), Reject> {
        let record = self.find_listing(listing)?;
        Rules::of(self, self.now, record)?.check_appraisal(date)
    }

    /// No more intentions are taken: the announcement is over (公告期满).
    pub(crate) fn close_intentions(&mut self, listing: ListingId) {
        self.stage_listing(listing, Needs::Announced, Stage::Closed);
    }

    /// It ends without a deal (终结); its units are free again.
    pub(crate) fn end_listing(&mut self, listing: ListingId, reason: EndReason) {
        self.stage_listing(listing, Needs::Running, Stage::Ended);
        self.change_listing(listing, |record| record.end = Some(reason));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::units;
    use crate::listing::fixture::{LISTING, held, reviewed, stage, terms};
    use crate::listing::review::ListingVerdict;

    fn announced() -> Market {
        let mut market = reviewed(terms(), ListingVerdict::Accept);
        market.stage_listing(LISTING, Needs::Accepted, Stage::Announced);
        market
    }

    #[test]
    fn a_listing_goes_through_bidding_to_settlement_with_its_units_locked() {
        let mut market = announced();
        market.intention_declared(LISTING);
        market.close_intentions(LISTING);
        market.begin_bidding(LISTING);
        market.award_listing(LISTING);
        market.reopen_bidding(LISTING);
        market.award_listing(LISTING);
        market.hand_over(LISTING, Units::ZERO);
        assert_eq!(stage(&market), Stage::HandedOver);
        assert_eq!(held(&market), [units(900_000), units(100_000)]);
        assert_eq!(market.check(), Ok(()));
        let listing = market.listing(LISTING).unwrap();
        assert_eq!((listing.intentions, listing.dates.ended), (1, Some(market.now())));
        assert_eq!(Market::decode(&market.encode()).as_ref(), Ok(&market));
    }

    #[test]
    fn a8_a_listing_that_ends_without_a_deal_gives_its_units_back() {
        let mut market = announced();
        market.close_intentions(LISTING);
        market.end_listing(LISTING, EndReason::NoBidder);
        assert_eq!((stage(&market), held(&market)[1]), (Stage::Ended, units(0)));
        assert_eq!(market.listing(LISTING).unwrap().end, Some(EndReason::NoBidder));
        assert_eq!(market.check(), Ok(()));
    }
}
