//! Read models: what the market looked like after the newest published entry.
//!
//! Rows live in `DashMap`s that one thread writes (see [`projection`]) and any number of queries
//! read; no query ever waits for the engine. Every row is durable. A query that must see an entry
//! waits for it with [`Read::reached`]. State is copied from a replica of the market, which the
//! writing thread keeps, and so is exact; history (closed orders, trades, statements) is bounded,
//! and older history is read from the journal.
//!
//! Who may see what is not decided here.

mod depth;
mod fold_orders;
mod fold_register;
pub mod history;
mod meters;
pub mod page;
pub mod projection;
mod rings;
mod table;
pub mod views;

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use dashmap::DashMap;
use sfund_engine::cash::ledger::{Cash, House};
use sfund_engine::id::{
    FundId, IntentionId, LockId, OrderId, PartyId, ProposalId, SegmentId, Sequence, TradeId,
    TransferId,
};
use sfund_engine::market::Venue;
use sfund_engine::registry::fund::{Currency, Fund, TradingState};
use sfund_engine::registry::holding::Holding;
use sfund_engine::registry::party::Party;
use sfund_engine::time::Time;
use sfund_engine::trading::place_order::PlaceOrder;
use sfund_engine::venue::issue_key::Key;
use thiserror::Error;
use tokio::sync::watch;

use self::page::{Ask, Page};
use self::rings::Rings;
use self::table::{Table, keys_after, read};
use self::views::{
    CashLine, Depth, FundView, IntentionView, KeyView, LockView, Meters, OrderView, PartyView,
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

/// The order of rows in a fund's list of holders, and in a party's list of orders.
type OpenOrders = DashMap<PartyId, BTreeSet<OrderId>>;

struct Models {
    reached: watch::Sender<Stamp>,
    venue: RwLock<Option<Arc<Venue>>>,
    segments: Table<SegmentId, SegmentView>,
    parties: Table<PartyId, Party>,
    party_codes: DashMap<String, PartyId>,
    keys: Table<[u8; 32], Key>,
    party_keys: RwLock<BTreeSet<(PartyId, [u8; 32])>>,
    proposals: Table<ProposalId, ProposalView>,
    proposals_ended: Rings<(), ProposalView>,
    funds: Table<FundId, Fund>,
    fund_codes: DashMap<String, FundId>,
    volumes: DashMap<FundId, Volume>,
    depths: DashMap<FundId, Arc<Depth>>,
    holdings: Table<(PartyId, FundId), Holding>,
    holders: RwLock<BTreeSet<(FundId, PartyId)>>,
    register_lines: Rings<(PartyId, FundId), RegisterLine>,
    locks: Table<LockId, LockView>,
    locks_released: Rings<(PartyId, FundId), LockView>,
    cash: Table<(PartyId, Currency), Cash>,
    houses: RwLock<Vec<House>>,
    cash_lines: Rings<(PartyId, Currency), CashLine>,
    transfers: Table<TransferId, TransferView>,
    transfers_settled: Rings<PartyId, TransferView>,
    orders: DashMap<OrderId, Arc<OrderView>>,
    open_orders: OpenOrders,
    orders_closed: Rings<PartyId, OrderView>,
    fund_trades: Rings<FundId, TradeView>,
    party_trades: Rings<PartyId, TradeView>,
    intentions: Table<IntentionId, IntentionView>,
    fund_intentions: RwLock<BTreeSet<(FundId, IntentionId)>>,
    suggestions: Rings<PartyId, SuggestionView>,
    sweeps: Table<u64, SweepView>,
    sweeps_ended: Rings<(), SweepView>,
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

    /// A fund and its market.
    #[must_use]
    pub fn fund(&self, fund: FundId) -> Option<FundView> {
        let record = self.0.funds.find(&fund)?;
        Some(self.fund_view(fund, &record))
    }

    /// The fund of this code.
    #[must_use]
    pub fn fund_of_code(&self, code: &str) -> Option<FundId> {
        self.0.fund_codes.get(code).map(|fund| *fund)
    }

    /// Funds in the order of their ids.
    pub fn funds(
        &self,
        ask: &Ask<FundId>,
        wanted: impl Fn(&Fund) -> bool,
    ) -> Page<FundView, FundId> {
        let keys = self.0.funds.keys(.., ask);
        Page::collect(ask, keys.into_iter(), |id| {
            let fund = self.0.funds.find(id).filter(|fund| wanted(fund))?;
            Some(self.fund_view(*id, &fund))
        })
    }

    /// The book of a fund, as far as it shows; empty where there is none.
    #[must_use]
    pub fn depth(&self, fund: FundId) -> Arc<Depth> {
        self.0.depths.get(&fund).map(|depth| Arc::clone(&depth)).unwrap_or_default()
    }

    /// The holding of a party in a fund; `None` if it never had one.
    #[must_use]
    pub fn holding(&self, party: PartyId, fund: FundId) -> Option<Holding> {
        self.0.holdings.find(&(party, fund)).map(|holding| *holding)
    }

    /// A party's holdings, in the order of the funds; some may be empty.
    #[must_use]
    pub fn holdings_of(&self, party: PartyId, ask: &Ask<FundId>) -> Page<Holding, FundId> {
        let pairs = Ask { after: ask.after.map(|fund| (party, fund)), rows_max: ask.rows_max };
        let within = (party, FundId::new(0))..=(party, FundId::new(u32::MAX));
        let keys = self.0.holdings.keys(within, &pairs);
        Page::collect(ask, keys.into_iter().map(|(_, fund)| fund), |fund| {
            self.holding(party, *fund)
        })
    }

    /// A fund's register: who holds it, in the order of the parties; some may hold nothing now.
    #[must_use]
    pub fn holders_of(&self, fund: FundId, ask: &Ask<PartyId>) -> Page<Holding, PartyId> {
        let pairs = Ask { after: ask.after.map(|party| (fund, party)), rows_max: ask.rows_max };
        let within = (fund, PartyId::new(0))..=(fund, PartyId::new(u32::MAX));
        let keys = keys_after(&self.0.holders, within, &pairs);
        Page::collect(ask, keys.into_iter().map(|(_, party)| party), |party| {
            self.holding(*party, fund)
        })
    }

    /// The statement of a holding, newest line first.
    #[must_use]
    pub fn register_lines(
        &self,
        party: PartyId,
        fund: FundId,
        ask: &Ask<u64>,
    ) -> Page<Arc<RegisterLine>, u64> {
        self.0.register_lines.page(&(party, fund), ask, |_| true)
    }

    /// A lock in force.
    #[must_use]
    pub fn lock(&self, lock: LockId) -> Option<Arc<LockView>> {
        self.0.locks.find(&lock)
    }

    /// Locks in force, oldest first.
    pub fn locks(
        &self,
        ask: &Ask<LockId>,
        wanted: impl Fn(&LockView) -> bool,
    ) -> Page<Arc<LockView>, LockId> {
        self.0.locks.page(.., ask, wanted)
    }

    /// Locks of a holding that were released lately, newest first.
    #[must_use]
    pub fn locks_released(
        &self,
        party: PartyId,
        fund: FundId,
        ask: &Ask<u64>,
    ) -> Page<Arc<LockView>, u64> {
        self.0.locks_released.page(&(party, fund), ask, |_| true)
    }

    /// A party's cash in a currency; `None` if it never had any.
    #[must_use]
    pub fn cash(&self, party: PartyId, currency: Currency) -> Option<Cash> {
        self.0.cash.find(&(party, currency)).map(|cash| *cash)
    }

    /// A party's cash in every currency.
    #[must_use]
    pub fn cash_of(&self, party: PartyId, ask: &Ask<Currency>) -> Page<Cash, Currency> {
        let pairs = Ask { after: ask.after.map(|code| (party, code)), rows_max: ask.rows_max };
        let (first, last) = (Currency::new("AAA"), Currency::new("ZZZ"));
        let bound = |code: Option<Currency>| {
            code.map_or(Bound::Unbounded, |code| Bound::Included((party, code)))
        };
        let keys = self.0.cash.keys((bound(first), bound(last)), &pairs);
        Page::collect(ask, keys.into_iter().map(|(_, currency)| currency), |currency| {
            self.cash(party, *currency)
        })
    }

    /// The statement of a cash account, newest line first.
    #[must_use]
    pub fn cash_lines(
        &self,
        party: PartyId,
        currency: Currency,
        ask: &Ask<u64>,
    ) -> Page<Arc<CashLine>, u64> {
        self.0.cash_lines.page(&(party, currency), ask, |_| true)
    }

    /// The venue's own accounts, one for each currency.
    #[must_use]
    pub fn houses(&self) -> Vec<House> {
        read(&self.0.houses).clone()
    }

    /// A transfer that waits for the bank.
    #[must_use]
    pub fn transfer(&self, transfer: TransferId) -> Option<Arc<TransferView>> {
        self.0.transfers.find(&transfer)
    }

    /// Transfers that wait for the bank, oldest first.
    pub fn transfers(
        &self,
        ask: &Ask<TransferId>,
        wanted: impl Fn(&TransferView) -> bool,
    ) -> Page<Arc<TransferView>, TransferId> {
        self.0.transfers.page(.., ask, wanted)
    }

    /// A party's transfers that were settled lately, newest first.
    #[must_use]
    pub fn transfers_settled(
        &self,
        party: PartyId,
        ask: &Ask<u64>,
    ) -> Page<Arc<TransferView>, u64> {
        self.0.transfers_settled.page(&party, ask, |_| true)
    }

    /// An order that is open or closed lately.
    #[must_use]
    pub fn order(&self, order: OrderId) -> Option<Arc<OrderView>> {
        self.0.orders.get(&order).map(|order| Arc::clone(&order))
    }

    /// A party's open orders, in the order of their ids.
    #[must_use]
    pub fn orders_open(
        &self,
        party: PartyId,
        filter: OrderFilter,
        ask: &Ask<OrderId>,
    ) -> Page<Arc<OrderView>, OrderId> {
        let from = ask.after.map_or(Bound::Unbounded, Bound::Excluded);
        let looks = page::PAGE_LOOKS_MAX.saturating_add(1);
        let keys: Vec<OrderId> = self.0.open_orders.get(&party).map_or_else(Vec::new, |orders| {
            orders.range((from, Bound::Unbounded)).take(looks).copied().collect()
        });
        Page::collect(ask, keys.into_iter(), |order| {
            self.order(*order).filter(|order| filter.wants(&order.terms))
        })
    }

    /// A party's orders that closed lately, newest first.
    #[must_use]
    pub fn orders_closed(
        &self,
        party: PartyId,
        filter: OrderFilter,
        ask: &Ask<u64>,
    ) -> Page<Arc<OrderView>, u64> {
        self.0.orders_closed.page(&party, ask, |order| filter.wants(&order.terms))
    }

    /// A fund's trades of late, newest first.
    #[must_use]
    pub fn trades_of_fund(&self, fund: FundId, ask: &Ask<u64>) -> Page<Arc<TradeView>, u64> {
        self.0.fund_trades.page(&fund, ask, |_| true)
    }

    /// A party's trades of late, newest first.
    #[must_use]
    pub fn trades_of_party(&self, party: PartyId, ask: &Ask<u64>) -> Page<Arc<TradeView>, u64> {
        self.0.party_trades.page(&party, ask, |_| true)
    }

    /// A trade of late in a fund.
    #[must_use]
    pub fn trade(&self, fund: FundId, trade: TradeId) -> Option<Arc<TradeView>> {
        self.0.fund_trades.find(&fund, |view| view.trade.trade.cmp(&trade))
    }

    /// An intention on the board.
    #[must_use]
    pub fn intention(&self, intention: IntentionId) -> Option<Arc<IntentionView>> {
        self.0.intentions.find(&intention)
    }

    /// A fund's intentions on the board, oldest first.
    #[must_use]
    pub fn intentions_of_fund(
        &self,
        fund: FundId,
        ask: &Ask<IntentionId>,
    ) -> Page<Arc<IntentionView>, IntentionId> {
        let pairs = Ask { after: ask.after.map(|id| (fund, id)), rows_max: ask.rows_max };
        let within = (fund, IntentionId::new(0))..=(fund, IntentionId::new(u64::MAX));
        let keys = keys_after(&self.0.fund_intentions, within, &pairs);
        Page::collect(ask, keys.into_iter().map(|(_, id)| id), |id| self.intention(*id))
    }

    /// Intentions on the board, oldest first.
    pub fn intentions(
        &self,
        ask: &Ask<IntentionId>,
        wanted: impl Fn(&IntentionView) -> bool,
    ) -> Page<Arc<IntentionView>, IntentionId> {
        self.0.intentions.page(.., ask, wanted)
    }

    /// Counterparties suggested to a party lately, newest first.
    #[must_use]
    pub fn suggestions(&self, party: PartyId, ask: &Ask<u64>) -> Page<Arc<SuggestionView>, u64> {
        self.0.suggestions.page(&party, ask, |_| true)
    }

    /// Sweeps that run.
    #[must_use]
    pub fn sweeps(&self) -> Vec<Arc<SweepView>> {
        self.0.sweeps.all()
    }

    /// Sweeps that were done lately, newest first.
    #[must_use]
    pub fn sweeps_ended(&self, ask: &Ask<u64>) -> Page<Arc<SweepView>, u64> {
        self.0.sweeps_ended.page(&(), ask, |_| true)
    }

    /// How far a party is from the limits of a fund at `at` (rule J1).
    #[must_use]
    pub fn meters(&self, party: PartyId, fund: FundId, at: Time) -> Option<Meters> {
        meters::meters(self, party, fund, at)
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
