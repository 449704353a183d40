//! Queries of funds, holdings, cash, orders, trades and the board.

use std::ops::Bound;
use std::sync::Arc;

use sfund_engine::cash::ledger::{Cash, House};
use sfund_engine::id::{FundId, IntentionId, LockId, OrderId, PartyId, TradeId, TransferId};
use sfund_engine::registry::fund::{Currency, Fund};
use sfund_engine::registry::holding::Holding;
use sfund_engine::time::Time;

use crate::read::page::{Ask, PAGE_LOOKS_MAX, Page};
use crate::read::table::{keys_after, read};
use crate::read::views::{
    CashLine, Depth, FundView, IntentionView, LockView, Meters, OrderView, RegisterLine,
    SuggestionView, SweepView, TradeView, TransferView,
};
use crate::read::{OrderFilter, Read, meters};

impl Read {
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
        self.0.register_lines.page(&(party, fund), ask, |_| true).shared()
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
        self.0.cash_lines.page(&(party, currency), ask, |_| true).shared()
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
        let looks = PAGE_LOOKS_MAX.saturating_add(1);
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
        self.0.fund_trades.find(&fund, |view| view.deal.id().cmp(&trade))
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
}
