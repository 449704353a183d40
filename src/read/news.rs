//! What entries told, on its way into the models: gathered without a lock, and put in block by block.

use std::mem;
use std::sync::Arc;

use sfund_engine::id::{FundId, ListingId, OrderId, PartyId};
use sfund_engine::market::Market;
use sfund_engine::registry::fund::Currency;

use crate::read::Read;
use crate::read::listings::ListingLine;
use crate::read::views::{Balances, Buckets, CashLine, OrderView, RegisterLine, TradeView, Volume};

/// New rows of history, in the order in which they came.
#[derive(Default)]
pub(super) struct News {
    /// The order that the entry at hand placed, until it rests or closes: most change once more
    /// before anybody may see them.
    pub(super) placed: Option<OrderView>,
    pub(super) register_lines: Vec<((PartyId, FundId), RegisterLine)>,
    pub(super) cash_lines: Vec<((PartyId, Currency), CashLine)>,
    pub(super) fund_trades: Vec<(FundId, Arc<TradeView>)>,
    pub(super) party_trades: Vec<(PartyId, Arc<TradeView>)>,
    pub(super) orders_closed: Vec<(PartyId, Arc<OrderView>)>,
    pub(super) listing_lines: Vec<(ListingId, Arc<ListingLine>)>,
}

/// What statements and volumes said last, by the place of the holding, account or fund in the
/// market: a line tells from what to what.
#[derive(Default)]
pub(super) struct Said {
    buckets: Vec<Buckets>,
    balances: Vec<Balances>,
    volumes: Vec<Volume>,
}

impl News {
    /// The order of this id, if the entry at hand placed it and it neither rests nor closed yet.
    pub(super) fn placed(&mut self, order: OrderId) -> Option<&mut OrderView> {
        self.placed.as_mut().filter(|view| view.id == order)
    }

    /// Takes that order out.
    pub(super) fn take_placed(&mut self, order: OrderId) -> Option<OrderView> {
        self.placed.take_if(|view| view.id == order)
    }

    /// Puts all of it into the models.
    pub(super) fn put(&mut self, read: &Read) {
        let models = &read.0;
        models.register_lines.extend(self.register_lines.drain(..), |_| {});
        models.cash_lines.extend(self.cash_lines.drain(..), |_| {});
        models.fund_trades.extend(self.fund_trades.drain(..), |_| {});
        models.party_trades.extend(self.party_trades.drain(..), |_| {});
        models.listing_lines.extend(self.listing_lines.drain(..), |_| {});
        models.orders_closed.extend(self.orders_closed.drain(..), |dropped| {
            models.orders.remove(&dropped.id);
        });
    }
}

impl Said {
    /// What is said of `market` by models that stand where it does.
    pub(super) fn of(market: &Market, read: &Read) -> Self {
        let mut said = Self {
            buckets: market.holdings().iter().map(Buckets::of).collect(),
            balances: market.cash_accounts().iter().map(Balances::of).collect(),
            volumes: Vec::new(),
        };
        for row in &read.0.volumes {
            *said.volume(row.key().number()) = *row.value();
        }
        said
    }

    /// Says how a holding stands; answers with what was said before.
    pub(super) fn buckets(&mut self, place: usize, now: Buckets) -> Buckets {
        mem::replace(at(&mut self.buckets, place), now)
    }

    /// Says how an account stands; answers with what was said before.
    pub(super) fn balances(&mut self, place: usize, now: Balances) -> Balances {
        mem::replace(at(&mut self.balances, place), now)
    }

    /// What was traded in a fund.
    pub(super) fn volume(&mut self, fund: u32) -> &mut Volume {
        at(&mut self.volumes, usize::try_from(fund).expect("an id is an index"))
    }
}

fn at<T: Clone + Default>(rows: &mut Vec<T>, place: usize) -> &mut T {
    if rows.len() <= place {
        rows.resize(place.saturating_add(1), T::default());
    }
    rows.get_mut(place).expect("there is room for it now")
}
