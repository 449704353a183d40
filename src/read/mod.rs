//! Read models: what the market looked like after the newest published entry.
//!
//! Rows live in `DashMap`s that one thread writes (see [`projection`]) and any number of queries
//! read; no query ever waits for the engine. Every row is durable. A query that must see an entry
//! waits for it with [`Read::reached`]. State is copied from a replica of the market, which the
//! writing thread keeps, and so is exact; history (closed orders, trades, statements) is bounded,
//! and older history is read from the journal.
//!
//! Who may see what is not decided here.

pub mod biddings;
pub mod calls;
mod depth;
mod fold_calls;
mod fold_orders;
mod fold_register;
pub mod history;
pub mod listing_meters;
pub mod listings;
mod meters;
mod news;
pub mod page;
pub mod projection;
mod queries;
mod rings;
pub mod rules;
mod table;
#[cfg(test)]
mod tests;
pub mod views;

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use dashmap::DashMap;
use sfund_engine::bidding::mode::{Bid, Code, Offer};
use sfund_engine::bidding::{Claim, Deal};
use sfund_engine::cash::ledger::{Cash, House};
use sfund_engine::id::{
    BidId, CallId, CallOrderId, FundId, IntentionId, ListingId, LockId, OfferId, OrderId, PartyId,
    ProposalId, SegmentId, Sequence, TransferId,
};
use sfund_engine::listing::agreement::AgreementTerms;
use sfund_engine::listing::confidentiality::Reader;
use sfund_engine::listing::look::Look;
use sfund_engine::market::Venue;
use sfund_engine::registry::fund::{Currency, Fund, TradingState};
use sfund_engine::registry::holding::Holding;
use sfund_engine::registry::party::Party;
use sfund_engine::trading::place_order::PlaceOrder;
use sfund_engine::venue::issue_key::Key;
use thiserror::Error;
use tokio::sync::watch;

use self::biddings::LotView;
use self::calls::{CallOrderView, CallView};
use self::listings::{ListingLine, ListingView};
use self::page::{Ask, Page};
use self::rings::Rings;
use self::rules::Editions;
use self::table::{Map, Table, keys_after, read};
use self::views::{
    CashLine, Depth, FundView, IntentionView, KeyView, LockView, OrderView, PartyView,
    ProposalView, RegisterLine, SegmentView, Stamp, SuggestionView, SweepView, TradeView,
    TransferView, Volume,
};

/// Most rows of history of one kind kept for one key: a party's closed orders, a fund's trades.
pub const HISTORY_PER_KEY_MAX: usize = 1_000;
/// Most rows of history of one kind over all keys. Older ones are in the journal.
pub const HISTORY_ROWS_MAX: usize = 200_000;
/// Most price levels of each side of a book that are shown.
pub const DEPTH_LEVELS_MAX: usize = 50;
/// The longest that a query waits for an entry.
pub const REACH_WAIT_MAX: Duration = Duration::from_secs(30);

/// The read models. Clones are the same models.
#[derive(Clone)]
pub struct Read(Arc<Models>);

/// The projection did not get there in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{wanted} is not published yet; the newest is {reached}")]
pub struct NotReached {
    /// The entry waited for.
    pub wanted: Sequence,
    /// The newest entry published.
    pub reached: Sequence,
}

/// Each party's open orders, in the order of their ids.
type OpenOrders = Map<PartyId, BTreeSet<OrderId>>;

struct Models {
    /// The newest digest of the whole market that was computed, and the entry it is of.
    digest: RwLock<Option<(Sequence, [u8; 32])>>,
    reached: watch::Sender<Stamp>,
    /// Which rules were in force since which entry.
    editions: Editions,
    venue: RwLock<Option<Arc<Venue>>>,
    segments: Table<SegmentId, SegmentView>,
    parties: Table<PartyId, Party>,
    party_codes: DashMap<String, PartyId>,
    keys: Table<[u8; 32], Key>,
    party_keys: RwLock<BTreeSet<(PartyId, [u8; 32])>>,
    proposals: Table<ProposalId, ProposalView>,
    proposals_ended: Rings<(), Arc<ProposalView>>,
    funds: Table<FundId, Fund>,
    fund_codes: DashMap<String, FundId>,
    volumes: Map<FundId, Volume>,
    depths: Map<FundId, Arc<Depth>>,
    holdings: Table<(PartyId, FundId), Holding>,
    holders: RwLock<BTreeSet<(FundId, PartyId)>>,
    register_lines: Rings<(PartyId, FundId), RegisterLine>,
    locks: Table<LockId, LockView>,
    locks_released: Rings<(PartyId, FundId), Arc<LockView>>,
    cash: Table<(PartyId, Currency), Cash>,
    houses: RwLock<Vec<House>>,
    cash_lines: Rings<(PartyId, Currency), CashLine>,
    transfers: Table<TransferId, TransferView>,
    transfers_settled: Rings<PartyId, Arc<TransferView>>,
    orders: Map<OrderId, Arc<OrderView>>,
    open_orders: OpenOrders,
    orders_closed: Rings<PartyId, Arc<OrderView>>,
    fund_trades: Rings<FundId, Arc<TradeView>>,
    party_trades: Rings<PartyId, Arc<TradeView>>,
    listings: Table<ListingId, ListingView>,
    listing_readers: Table<(ListingId, PartyId), Reader>,
    listing_looks: Table<(ListingId, PartyId, [u8; 32]), Look>,
    listing_lines: Rings<ListingId, Arc<ListingLine>>,
    agreements: Table<FundId, AgreementTerms>,
    lots: Table<ListingId, LotView>,
    lot_states: Map<(ListingId, Sequence), Arc<LotView>>,
    deals: Table<ListingId, Deal>,
    /// Each listing's by the order in which they declared.
    claims: Table<(ListingId, u64), Claim>,
    claim_places: Map<(ListingId, PartyId), u64>,
    claim_codes: Map<(ListingId, Code), u64>,
    bids: Table<(ListingId, BidId), Bid>,
    offers: Table<(ListingId, OfferId), Offer>,
    /// Those of late among them, as long as their rings hold them; so of their orders.
    calls: Table<CallId, CallView>,
    calls_ended: Rings<FundId, Arc<CallView>>,
    call_orders: Table<(CallId, CallOrderId), CallOrderView>,
    call_orders_closed: Rings<PartyId, Arc<CallOrderView>>,
    intentions: Table<IntentionId, IntentionView>,
    fund_intentions: RwLock<BTreeSet<(FundId, IntentionId)>>,
    suggestions: Rings<PartyId, Arc<SuggestionView>>,
    sweeps: Table<u64, SweepView>,
    sweeps_ended: Rings<(), Arc<SweepView>>,
}

/// Which orders of a party are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Of this fund only.
    pub fund: Option<FundId>,
    /// Placed for this session only.
    pub session: Option<u64>,
}

impl OrderFilter {
    fn wants(&self, terms: &PlaceOrder) -> bool {
        self.fund.is_none_or(|fund| fund == terms.fund)
            && self.session.is_none_or(|session| session == terms.session)
    }
}

impl Read {
    /// The newest digest of the whole market that was computed, and the entry it is of: a digest
    /// reads all of it, so one is made at the start and with each snapshot.
    #[must_use]
    pub fn digest(&self) -> Option<(Sequence, [u8; 32])> {
        *self.0.digest.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the digest of the market as of `sequence`.
    pub fn note_digest(&self, sequence: Sequence, digest: [u8; 32]) {
        let mut newest = self.0.digest.write().unwrap_or_else(PoisonError::into_inner);
        *newest = Some((sequence, digest));
    }

    /// The newest entry that every model has reached, and its time.
    #[must_use]
    pub fn newest(&self) -> Stamp {
        *self.0.reached.borrow()
    }

    /// Waits until the models have reached `sequence`, at most `timeout` and [`REACH_WAIT_MAX`].
    ///
    /// # Errors
    ///
    /// [`NotReached`] if the time is over first.
    pub async fn reached(&self, sequence: Sequence, timeout: Duration) -> Result<(), NotReached> {
        let mut stamps = self.0.reached.subscribe();
        let wait = stamps.wait_for(|stamp| sequence <= stamp.sequence);
        match tokio::time::timeout(timeout.min(REACH_WAIT_MAX), wait).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => {
                Err(NotReached { wanted: sequence, reached: self.newest().sequence })
            }
        }
    }

    /// The venue, once it is open.
    #[must_use]
    pub fn venue(&self) -> Option<Arc<Venue>> {
        read(&self.0.venue).clone()
    }

    /// A segment.
    #[must_use]
    pub fn segment(&self, segment: SegmentId) -> Option<Arc<SegmentView>> {
        self.0.segments.find(&segment)
    }

    /// Every segment; there are at most 64.
    #[must_use]
    pub fn segments(&self) -> Vec<Arc<SegmentView>> {
        self.0.segments.all()
    }

    /// A party.
    #[must_use]
    pub fn party(&self, party: PartyId) -> Option<Arc<Party>> {
        self.0.parties.find(&party)
    }

    /// The party of this code.
    #[must_use]
    pub fn party_of_code(&self, code: &str) -> Option<PartyId> {
        self.0.party_codes.get(code).map(|party| *party)
    }

    /// Parties in the order of their ids.
    pub fn parties(
        &self,
        ask: &Ask<PartyId>,
        wanted: impl Fn(&Party) -> bool,
    ) -> Page<PartyView, PartyId> {
        let keys = self.0.parties.keys(.., ask);
        Page::collect(ask, keys.into_iter(), |id| {
            let party = self.0.parties.find(id).filter(|party| wanted(party))?;
            Some(PartyView { id: *id, party: Party::clone(&party) })
        })
    }

    /// The key of this SHA-256, whether it is still good or not.
    #[must_use]
    pub fn key(&self, hash: &[u8; 32]) -> Option<Key> {
        self.0.keys.find(hash).map(|key| *key)
    }

    /// A party's keys.
    #[must_use]
    pub fn keys_of(&self, party: PartyId, ask: &Ask<[u8; 32]>) -> Page<KeyView, [u8; 32]> {
        let pairs = Ask { after: ask.after.map(|hash| (party, hash)), rows_max: ask.rows_max };
        let within = (party, [u8::MIN; 32])..=(party, [u8::MAX; 32]);
        let keys = keys_after(&self.0.party_keys, within, &pairs);
        Page::collect(ask, keys.into_iter().map(|(_, hash)| hash), |hash| {
            self.key(hash).map(|key| KeyView { hash: *hash, key })
        })
    }

    /// A proposal that waits.
    #[must_use]
    pub fn proposal(&self, proposal: ProposalId) -> Option<Arc<ProposalView>> {
        self.0.proposals.find(&proposal)
    }

    /// Proposals that wait, oldest first.
    #[must_use]
    pub fn proposals(&self, ask: &Ask<ProposalId>) -> Page<Arc<ProposalView>, ProposalId> {
        self.0.proposals.page(.., ask, |_| true)
    }

    /// Proposals that ended lately, newest first.
    #[must_use]
    pub fn proposals_ended(&self, ask: &Ask<u64>) -> Page<Arc<ProposalView>, u64> {
        self.0.proposals_ended.page(&(), ask, |_| true)
    }

    fn fund_view(&self, id: FundId, fund: &Fund) -> FundView {
        let depth = self.depth(id);
        FundView {
            id,
            state: self.state_of(fund),
            holder_cap: self.holder_cap(fund),
            best_bid: depth.bids.first().map(|level| level.price),
            best_ask: depth.asks.first().map(|level| level.price),
            volume: self.0.volumes.get(&id).map(|volume| *volume).unwrap_or_default(),
            fund: fund.clone(),
        }
    }

    /// The state in which a fund trades: the strictest of its own, its segment's and the venue's.
    fn state_of(&self, fund: &Fund) -> TradingState {
        let segment = self.segment(fund.details.segment).map(|view| view.segment.state);
        let venue = self.venue().map(|venue| venue.state);
        [Some(fund.state), segment, venue]
            .into_iter()
            .map(|state| state.unwrap_or(TradingState::Closed))
            .max_by_key(|state| match state {
                TradingState::Open => 0,
                TradingState::Halted => 1,
                TradingState::Closed => 2,
            })
            .unwrap_or(TradingState::Closed)
    }

    /// A3: most holders of a fund, by law and by its own agreement.
    fn holder_cap(&self, fund: &Fund) -> u32 {
        let segment = self.segment(fund.details.segment);
        let law = segment
            .map_or(0, |view| fund.details.legal_form.holder_cap(&view.segment.pack.holder_caps));
        fund.details.holder_cap.map_or(law, |own| own.min(law))
    }
}
