//! The fold from entries to read models: one thread owns it.
//!
//! It keeps a replica of the market, records every published entry in it, and copies the rows that
//! its events touched: those of orders after each event, those of history once a block, the others
//! once a round, for each time that a row is locked costs more than the row. So state is exact by
//! construction: no rule of the engine is written a second time. What the market forgets (closed
//! orders, trades, statements) is folded from the events. Memory is that of a second market; that
//! is the price.

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;

use sfund_engine::entry::Header;
use sfund_engine::event::Event;
use sfund_engine::id::{CallId, FundId, ListingId, PartyId, Sequence};
use sfund_engine::market::Market;
use sfund_engine::registry::holding::Holding;
use sfund_engine::trading::set_trading_state::TradingScope;

use crate::published::Block;
use crate::read::Read;
use crate::read::biddings::LotStates;
use crate::read::calls::CallView;
use crate::read::news::{News, Said};
use crate::read::table::write;
use crate::read::views::{SegmentView, Stamp};

/// The read models, and the replica they are copied from.
pub struct Projection {
    pub(super) market: Market,
    pub(super) read: Read,
    touched: Touched,
    news: News,
    said: Said,
    lot_states: LotStates,
}

/// What entries touched and is copied once, at the end of a round.
#[derive(Default)]
pub(super) struct Touched {
    pub(super) parties: Numbers,
    pub(super) funds: Numbers,
    pub(super) books: Numbers,
    pub(super) volumes: Numbers,
    /// By their places in the market.
    pub(super) holdings: Numbers,
    pub(super) accounts: Numbers,
    pub(super) listings: BTreeSet<ListingId>,
    pub(super) agreements: BTreeSet<FundId>,
    pub(super) lots: BTreeSet<ListingId>,
    /// Those of which everybody is told, at the end of the entry.
    pub(super) lots_told: BTreeSet<ListingId>,
    pub(super) calls: BTreeSet<CallId>,
    pub(super) venue: bool,
    pub(super) segments: bool,
    pub(super) houses: bool,
}

/// Ids that were touched, each listed once.
#[derive(Default)]
pub(super) struct Numbers {
    listed: Vec<u32>,
    is_listed: Vec<bool>,
}

impl Numbers {
    pub(super) fn insert(&mut self, number: u32) {
        let index = index(number);
        if self.is_listed.len() <= index {
            self.is_listed.resize(index.saturating_add(1), false);
        }
        let is_listed = self.is_listed.get_mut(index).expect("there is room for it now");
        if !*is_listed {
            *is_listed = true;
            self.listed.push(number);
        }
    }

    /// Hands each to `each`, in the order in which they came, and forgets them.
    fn drain(&mut self, mut each: impl FnMut(u32)) {
        for number in self.listed.drain(..) {
            *self
                .is_listed
                .get_mut(index(number))
                .expect("a number that is listed has its place") = false;
            each(number);
        }
    }
}

/// One event on its way into the models, after the replica took it.
pub(super) struct Fold<'a> {
    pub(super) read: &'a Read,
    pub(super) market: &'a Market,
    pub(super) touched: &'a mut Touched,
    pub(super) news: &'a mut News,
    pub(super) said: &'a mut Said,
    pub(super) header: &'a Header,
    pub(super) stamp: Stamp,
}

impl Default for Projection {
    fn default() -> Self {
        Self::new()
    }
}

impl Projection {
    /// The models before the first entry.
    #[must_use]
    pub fn new() -> Self {
        Self::standing(Market::default(), Read::empty(0))
    }

    /// The projection that stands at `market`, with models that hold its history and no more.
    pub(crate) fn standing(market: Market, read: Read) -> Self {
        let said = Said::of(&market, &read);
        let (touched, news) = (Touched::default(), News::default());
        let lot_states = LotStates::default();
        let mut projection = Self { market, read, touched, news, said, lot_states };
        projection.copy_all();
        projection
    }

    /// The models; they go on changing with the projection.
    #[must_use]
    pub fn read(&self) -> Read {
        self.read.clone()
    }

    /// The replica.
    #[must_use]
    pub fn market(&self) -> &Market {
        &self.market
    }

    /// Records the entries of `block` that are new, and then says that they are reached.
    ///
    /// # Panics
    ///
    /// If an entry is missing before it, or contradicts the market.
    pub fn apply(&mut self, block: &Block) {
        self.record(block);
        self.finish();
    }

    /// Records the entries of `block` that are new. What their events touched is copied, and they
    /// are reached, with [`Projection::finish`]: once for all that was recorded by then.
    ///
    /// # Panics
    ///
    /// As [`Projection::apply`].
    pub fn record(&mut self, block: &Block) {
        for (header, _, outcome) in block.entries() {
            if header.sequence <= self.market.sequence() {
                continue;
            }
            let Self { market, read, touched, news, said, .. } = self;
            let stamp = Stamp { sequence: header.sequence, at: header.at };
            let events = outcome.unwrap_or_default();
            market.record_each(header, events, |market, event| {
                Fold { read, market, touched, news, said, header, stamp }.fold(event);
            });
            for id in mem::take(&mut self.touched.lots_told) {
                self.read.put_lot(&self.market, id);
                self.lot_states.put(&self.read, (id, stamp.sequence));
            }
        }
        self.news.put(&self.read);
    }

    /// Copies what was touched, and says that everything recorded is reached.
    pub fn finish(&mut self) {
        self.copy_touched();
        self.publish();
    }

    /// Copies every row of the replica: after a start from a snapshot.
    fn copy_all(&mut self) {
        for (id, _) in (0..).zip(self.market.parties()) {
            self.touched.parties.insert(id);
        }
        for (id, _) in (0..).zip(self.market.funds()) {
            self.touched.funds.insert(id);
            self.touched.books.insert(id);
        }
        (self.touched.venue, self.touched.segments, self.touched.houses) = (true, true, true);
        for holding in self.market.holdings() {
            self.read.put_holding(*holding);
        }
        for cash in self.market.cash_accounts() {
            self.read.0.cash.put((cash.party, cash.currency), *cash);
        }
        for (hash, key) in self.market.keys() {
            self.read.put_key(*hash, *key);
        }
        for (id, listing) in (0..).map(ListingId::new).zip(self.market.listings()) {
            self.read.put_whole_listing(id, listing);
            if let Some(bidding) = self.market.bidding(id) {
                self.read.put_whole_bidding(&self.market, id, bidding);
            }
        }
        self.touched.agreements.extend(self.market.agreements().keys());
        self.touched.calls.extend(self.market.calls().keys());
        self.finish();
    }

    fn publish(&self) {
        let stamp = Stamp { sequence: self.market.sequence(), at: self.market.now() };
        if self.read.0.reached.borrow().sequence < stamp.sequence {
            self.read.0.reached.send_replace(stamp);
        }
    }

    fn copy_touched(&mut self) {
        let (market, models, touched) = (&self.market, &self.read.0, &mut self.touched);
        if mem::take(&mut touched.venue) {
            *write(&models.venue) = market.venue().cloned().map(Arc::new);
        }
        if mem::take(&mut touched.segments) {
            for (id, segment) in (0_u32..).zip(market.segments()) {
                let id = sfund_engine::id::SegmentId::new(id);
                let schedule = usize::try_from(segment.schedule).expect("an index");
                let fees = market.schedules().get(schedule).expect("a schedule in force").clone();
                models.segments.put(id, SegmentView { id, segment: segment.clone(), fees });
            }
        }
        if mem::take(&mut touched.houses) {
            *write(&models.houses) = market.houses().to_vec();
        }
        touched.parties.drain(|number| {
            let id = PartyId::new(number);
            let party = market.party_at(id).expect("events name parties that are registered");
            if models.parties.put(id, party.clone()).is_none() {
                models.party_codes.insert(party.details.code.clone(), id);
            }
        });
        touched.funds.drain(|number| {
            let id = FundId::new(number);
            let fund = market.fund_at(id).expect("events name funds that are registered");
            if models.funds.put(id, fund.clone()).is_none() {
                models.fund_codes.insert(fund.details.code.clone(), id);
            }
        });
        touched.volumes.drain(|number| {
            models.volumes.insert(FundId::new(number), *self.said.volume(number));
        });
        touched.holdings.drain(|place| {
            let holding = market.holdings().get(index(place)).expect("it was found there");
            self.read.put_holding(*holding);
        });
        touched.accounts.drain(|place| {
            let cash = market.cash_accounts().get(index(place)).expect("it was found there");
            models.cash.put((cash.party, cash.currency), *cash);
        });
        for id in mem::take(&mut touched.listings) {
            let listing = market.listing(id).expect("events name listings that are there");
            self.read.put_listing(id, listing);
        }
        for id in mem::take(&mut touched.lots) {
            self.read.put_lot(market, id);
        }
        for id in mem::take(&mut touched.agreements) {
            let terms = market.agreements().get(&id).expect("events name what was recorded");
            models.agreements.put(id, *terms);
        }
        let stamp = Stamp { sequence: market.sequence(), at: market.now() };
        for id in mem::take(&mut touched.calls) {
            // What a call that closed had to say, is said.
            let open = market.call_at(id).filter(|call| call.print.is_none());
            if let Some(call) = open {
                models.calls.put(id, CallView::of(market, id, call, stamp));
            }
        }
        touched.books.drain(|number| {
            let id = FundId::new(number);
            models.depths.insert(id, Arc::new(super::depth::depth(market, id, stamp)));
        });
    }
}

impl Fold<'_> {
    fn follow_rules(&self, event: &Event) {
        self.read.0.editions.follow(self.stamp.sequence, event);
    }

    fn fold(&mut self, event: &Event) {
        match event {
            Event::VenueOpened(_) | Event::CalendarSet(_) => {
                self.follow_rules(event);
                self.touched.venue = true;
            }
            Event::SegmentOpened(_) | Event::PackAdopted(_) => {
                self.follow_rules(event);
                self.touched.segments = true;
            }
            Event::FeesSet(_) => self.touched.segments = true,
            Event::KeyIssued(fact) => self.copy_key(fact.terms.key_hash),
            Event::KeyRevoked(fact) => self.copy_key(fact.key_hash),
            Event::Proposed(fact) => self.proposed(fact),
            Event::ProposalClosed(fact) => self.proposal_closed(fact),
            Event::PartyRegistered(fact) => self.touch_party(fact.party),
            Event::Qualified(fact) => self.touch_party(fact.party),
            Event::Affiliated(fact) => self.touch_party(fact.party),
            Event::PartyStatusSet(fact) => self.touch_party(fact.party),
            Event::FundRegistered(fact) => {
                self.touch_fund(fact.fund);
                self.touched.books.insert(fact.fund.number());
            }
            Event::TermExtended(fact) => self.touch_fund(fact.fund),
            Event::UnitsIssued(fact) => self.units_issued(fact),
            Event::UnitsLocked(fact) => self.units_locked(fact),
            Event::UnitsUnlocked(fact) => self.units_unlocked(fact),
            Event::TransferRequested(fact) => self.transfer_requested(fact),
            Event::TransferSettled(fact) => self.transfer_settled(fact),
            Event::OrderPlaced(fact) => self.order_placed(fact),
            Event::Traded(fact) => self.traded(fact),
            Event::OrderRested(fact) => self.order_rested(fact),
            Event::OrderClosed(fact) => self.order_closed(fact),
            Event::OrderAmended(fact) => self.order_amended(fact),
            Event::OrderDecremented(fact) => self.order_decremented(fact),
            Event::SweepStarted(fact) => self.sweep_started(fact),
            Event::SweepAdvanced(fact) => self.sweep_advanced(fact),
            Event::ReferenceSet(fact) => {
                self.touch_fund(fact.terms.fund);
                self.touched.calls.extend(self.market.call_of(fact.terms.fund));
            }
            Event::CallScheduled(fact) => self.call_scheduled(fact),
            Event::CallOrderPlaced(fact) => self.call_order_placed(fact),
            Event::CallOrderClosed(fact) => self.call_order_closed(fact),
            Event::CallClosed(fact) => self.call_closed(fact),
            Event::CallTraded(fact) => self.call_traded(fact),
            Event::TradingStateSet(fact) => match fact.scope {
                TradingScope::Fund(fund) => self.touch_fund(fund),
                TradingScope::Segment(_) => self.touched.segments = true,
                TradingScope::Venue => self.touched.venue = true,
            },
            Event::IntentionPosted(fact) => self.intention_posted(fact),
            Event::CounterpartySuggested(fact) => self.counterparty_suggested(fact),
            Event::IntentionClosed(fact) => self.intention_closed(fact),
            Event::AgreementSet(fact) => {
                self.touched.agreements.insert(fact.terms.fund);
            }
            Event::InterestDeclared(_)
            | Event::BidderQualified(_)
            | Event::DepositPaid(_)
            | Event::BiddingOpened(_)
            | Event::BiddingFailed(_)
            | Event::LotMoved(_)
            | Event::LotAwarded(_)
            | Event::AwardVoided(_)
            | Event::DepositForfeited(_)
            | Event::DepositsReturned(_)
            | Event::ContractSigned(_)
            | Event::DealHandedOver(_) => self.bidding_happened(event),
            Event::ListingDrafted(_)
            | Event::PartnersNotified(_)
            | Event::FirstRefusalAnswered(_)
            | Event::GateClosed(_)
            | Event::ListingAnnounced(_)
            | Event::ListingSuspended(_)
            | Event::ListingResumed(_)
            | Event::ListingExtended(_)
            | Event::ListingRepriced(_)
            | Event::ListingChanged(_)
            | Event::ListingClosed(_) => self.listing_happened(event),
            Event::ConfidentialityAccepted(fact) => {
                self.reader_did(fact.terms.listing, fact.terms.reader, None);
            }
            Event::DocumentLookedAt(fact) => {
                let terms = fact.terms;
                self.reader_did(terms.listing, terms.reader, Some(terms.document));
            }
            Event::ListingEnded(fact) => {
                self.units_unlisted(fact.listing);
                self.claims_changed(fact.listing);
                self.lot_changed(fact.listing);
                self.listing_happened(event);
            }
            Event::ListingSubmitted(fact) => {
                self.units_listed(fact.listing);
                self.listing_happened(event);
            }
            Event::ListingReviewed(fact) => {
                self.units_unlisted(fact.listing);
                self.listing_happened(event);
            }
        }
    }

    pub(super) fn touch_party(&mut self, party: PartyId) {
        self.touched.parties.insert(party.number());
    }

    pub(super) fn touch_fund(&mut self, fund: FundId) {
        self.touched.funds.insert(fund.number());
    }

    fn copy_key(&mut self, hash: [u8; 32]) {
        let key = self.market.keys().get(&hash).expect("events name keys that were issued");
        self.read.put_key(hash, *key);
    }
}

impl Read {
    pub(super) fn put_key(&self, hash: [u8; 32], key: sfund_engine::venue::issue_key::Key) {
        write(&self.0.party_keys).insert((key.party, hash));
        self.0.keys.put(hash, key);
    }

    /// Puts a holding in the place of the one before.
    pub(super) fn put_holding(&self, holding: Holding) {
        let (party, fund) = (holding.party, holding.fund);
        if self.0.holdings.put((party, fund), holding).is_none() {
            write(&self.0.holders).insert((fund, party));
        }
    }
}

/// Where the projection stands.
impl Projection {
    /// The newest entry recorded.
    #[must_use]
    pub fn sequence(&self) -> Sequence {
        self.market.sequence()
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).expect("an id or a place is an index")
}
