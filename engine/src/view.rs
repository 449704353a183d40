//! What a reader may look at: every record of the market, and nothing to change it with.

use std::collections::BTreeMap;

use crate::bidding::Bidding;
use crate::cash::ledger::{Cash, CashPlace, House};
use crate::cash::request_transfer::RequestTransfer;
use crate::id::{
    FundId, IntentionId, ListingId, LockId, PartyId, ProposalId, SegmentId, TransferId,
};
use crate::listing::Listing;
use crate::listing::agreement::AgreementTerms;
use crate::market::{Market, Venue};
use crate::policy::Fees;
use crate::registry::fund::{Currency, Fund};
use crate::registry::holding::{Holding, HoldingPlace};
use crate::registry::lock_units::LockUnits;
use crate::registry::party::Party;
use crate::trading::board::PostIntention;
use crate::venue::issue_key::Key;
use crate::venue::propose::Proposal;
use crate::venue::segment::Segment;

impl Market {
    /// The venue, once it is open.
    #[must_use]
    pub const fn venue(&self) -> Option<&Venue> {
        self.venue.as_ref()
    }

    /// Every segment; an id is an index.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The segment of this id.
    #[must_use]
    pub fn segment_at(&self, segment: SegmentId) -> Option<&Segment> {
        self.segments.get(usize::try_from(segment.number()).ok()?)
    }

    /// Every fee schedule that was ever in force; its number is an index.
    #[must_use]
    pub fn schedules(&self) -> &[Fees] {
        &self.schedules
    }

    /// Every party; an id is an index.
    #[must_use]
    pub fn parties(&self) -> &[Party] {
        &self.parties
    }

    /// The party of this id.
    #[must_use]
    pub fn party_at(&self, party: PartyId) -> Option<&Party> {
        self.parties.get(usize::try_from(party.number()).ok()?)
    }

    /// Every fund; an id is an index.
    #[must_use]
    pub fn funds(&self) -> &[Fund] {
        &self.funds
    }

    /// The fund of this id.
    #[must_use]
    pub fn fund_at(&self, fund: FundId) -> Option<&Fund> {
        self.funds.get(usize::try_from(fund.number()).ok()?)
    }

    /// Every holding, in the order in which they came to be; some may be empty.
    #[must_use]
    pub fn holdings(&self) -> &[Holding] {
        self.register.holdings()
    }

    /// Where the holding of `party` in `fund` stands in [`Market::holdings`], if it ever had one.
    #[must_use]
    pub fn holding_place(&self, party: PartyId, fund: FundId) -> Option<usize> {
        self.register.find(party, fund).map(HoldingPlace::index)
    }

    /// Every party's cash, in the order in which the accounts came to be.
    #[must_use]
    pub fn cash_accounts(&self) -> &[Cash] {
        self.ledger.accounts()
    }

    /// Where the cash of `party` in `currency` stands in [`Market::cash_accounts`], if it ever had
    /// any.
    #[must_use]
    pub fn cash_place(&self, party: PartyId, currency: Currency) -> Option<usize> {
        self.ledger.find(party, currency).map(CashPlace::index)
    }

    /// The venue's own accounts.
    #[must_use]
    pub fn houses(&self) -> &[House] {
        self.ledger.houses()
    }

    /// Locks in force.
    #[must_use]
    pub const fn locks(&self) -> &BTreeMap<LockId, LockUnits> {
        &self.locks
    }

    /// Transfers that wait for the bank.
    #[must_use]
    pub const fn transfers(&self) -> &BTreeMap<TransferId, RequestTransfer> {
        &self.transfers
    }

    /// Proposals that wait for a second person.
    #[must_use]
    pub const fn proposals(&self) -> &BTreeMap<ProposalId, Proposal> {
        &self.proposals
    }

    /// API keys by their hashes.
    #[must_use]
    pub const fn keys(&self) -> &BTreeMap<[u8; 32], Key> {
        &self.keys
    }

    /// Intentions on the board.
    #[must_use]
    pub const fn intentions(&self) -> &BTreeMap<IntentionId, PostIntention> {
        &self.intentions
    }

    /// Every listing (挂牌项目); an id is an index.
    #[must_use]
    pub fn listings(&self) -> &[Listing] {
        self.listings.records()
    }

    /// The listing of this id (挂牌项目).
    #[must_use]
    pub fn listing(&self, listing: ListingId) -> Option<&Listing> {
        self.listings.get(listing)
    }

    /// What the funds' agreements say of a transfer, where it is recorded (合伙协议转让条款).
    #[must_use]
    pub const fn agreements(&self) -> &BTreeMap<FundId, AgreementTerms> {
        &self.agreements
    }

    /// The bidding for a listing (竞价), once somebody declared an intention.
    #[must_use]
    pub fn bidding(&self, listing: ListingId) -> Option<&Bidding> {
        self.biddings.get(&listing)
    }
}
