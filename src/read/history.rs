//! What the read models know and the market forgets, as bytes.
//!
//! The snapshotter folds the journal with the same code as the publisher, and stores these bytes
//! beside the market's. So after a restart history reaches back behind the newest snapshot, and
//! is what it would be had the server never stopped.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use dashmap::DashMap;
use foldhash::fast::RandomState;
use minicbor::encode::Write;
use minicbor::{Decode, Decoder, Encode, Encoder};
use sfund_engine::id::{FundId, ListingId, OrderId, PartyId, Sequence};
use sfund_engine::market::Market;
use sfund_engine::registry::fund::Currency;
use tokio::sync::watch;

use crate::read::calls::{CallOrderView, CallView};
use crate::read::listings::ListingLine;
use crate::read::projection::Projection;
use crate::read::rings::Rings;
use crate::read::rules::{Editions, RulesInForce};
use crate::read::table::{Map, Table, write};
use crate::read::views::{
    CashLine, IntentionView, LockView, OrderView, ProposalView, RegisterLine, Stamp,
    SuggestionView, SweepView, TradeView, TransferView, Volume,
};
use crate::read::{HISTORY_PER_KEY_MAX, HISTORY_ROWS_MAX, Models, Read};

/// The rows of rings with their numbers and keys, and the number of the next row.
#[derive(Encode, Decode)]
struct Kept<K, V> {
    #[n(0)]
    next: u64,
    #[n(1)]
    rows: Vec<(u64, K, V)>,
}

/// Open orders, sorted by their ids. Each is decoded into the place where it stays.
struct OrdersOpen(Vec<Arc<OrderView>>);

impl<C> Encode<C> for OrdersOpen {
    fn encode<W: Write>(
        &self,
        e: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(u64::try_from(self.0.len()).expect("a count fits 64 bits"))?;
        self.0.iter().try_for_each(|view| e.encode_with(&**view, context).map(|_| ()))
    }
}

impl<'b, C> Decode<'b, C> for OrdersOpen {
    fn decode(d: &mut Decoder<'b>, context: &mut C) -> Result<Self, minicbor::decode::Error> {
        let views = d.array_iter_with(context)?;
        let views = views.map(|view| view.map(Arc::<OrderView>::new));
        views.collect::<Result<_, _>>().map(Self)
    }
}

/// All that a snapshot keeps beside the market.
#[derive(Encode, Decode)]
pub(super) struct History {
    #[n(0)]
    volumes: Vec<(FundId, Volume)>,
    #[n(1)]
    orders_open: OrdersOpen,
    #[n(2)]
    orders_closed: Kept<PartyId, OrderView>,
    #[n(3)]
    fund_trades: Kept<FundId, TradeView>,
    #[n(4)]
    party_trades: Kept<PartyId, TradeView>,
    #[n(5)]
    register_lines: Kept<(PartyId, FundId), RegisterLine>,
    #[n(6)]
    cash_lines: Kept<(PartyId, Currency), CashLine>,
    #[n(7)]
    locks: Vec<LockView>,
    #[n(8)]
    locks_released: Kept<(PartyId, FundId), LockView>,
    #[n(9)]
    transfers: Vec<TransferView>,
    #[n(10)]
    transfers_settled: Kept<PartyId, TransferView>,
    #[n(11)]
    proposals: Vec<ProposalView>,
    #[n(12)]
    proposals_ended: Kept<(), ProposalView>,
    #[n(13)]
    intentions: Vec<IntentionView>,
    #[n(14)]
    suggestions: Kept<PartyId, SuggestionView>,
    #[n(15)]
    sweeps: Vec<SweepView>,
    #[n(16)]
    sweeps_ended: Kept<(), SweepView>,
    #[n(17)]
    listing_lines: Kept<ListingId, ListingLine>,
    #[n(18)]
    editions: Vec<(Sequence, RulesInForce)>,
    #[n(19)]
    calls_ended: Kept<FundId, CallView>,
    #[n(20)]
    call_orders_open: Vec<CallOrderView>,
    #[n(21)]
    call_orders_closed: Kept<PartyId, CallOrderView>,
}

impl Projection {
    /// The history as bytes; the same history gives the same bytes.
    ///
    /// # Panics
    ///
    /// Never: writing to memory does not fail.
    #[must_use]
    pub fn encode_history(&self) -> Vec<u8> {
        minicbor::to_vec(self.read.history()).expect("writing to memory does not fail")
    }

    /// The projection that stands at `market`, with the history of these bytes.
    ///
    /// # Errors
    ///
    /// If the bytes are no history.
    pub fn restore(market: Market, history: &[u8]) -> Result<Self, minicbor::decode::Error> {
        Ok(Self::standing(market, Read::of_history(history)?))
    }
}

impl Read {
    /// Models with the history of these bytes, and no other row.
    ///
    /// # Errors
    ///
    /// If the bytes are no history.
    pub(crate) fn of_history(bytes: &[u8]) -> Result<Self, minicbor::decode::Error> {
        let history: History = minicbor::decode(bytes)?;
        let orders = history.orders_open.0.len().saturating_add(history.orders_closed.rows.len());
        let read = Self::empty(orders);
        read.put_history(history);
        Ok(read)
    }

    /// Models without a row, with room for so many orders.
    pub(super) fn empty(orders: usize) -> Self {
        fn rings<K: Copy + Ord + Hash, V: Clone>() -> Rings<K, V> {
            Rings::new(HISTORY_PER_KEY_MAX, HISTORY_ROWS_MAX)
        }
        Self(Arc::new(Models {
            digest: std::sync::RwLock::default(),
            reached: watch::Sender::new(Stamp::default()),
            editions: Editions::default(),
            venue: std::sync::RwLock::default(),
            segments: Table::default(),
            parties: Table::default(),
            party_codes: DashMap::new(),
            keys: Table::default(),
            party_keys: std::sync::RwLock::default(),
            proposals: Table::default(),
            proposals_ended: rings(),
            funds: Table::default(),
            fund_codes: DashMap::new(),
            volumes: Map::default(),
            depths: Map::default(),
            holdings: Table::default(),
            holders: std::sync::RwLock::default(),
            register_lines: rings(),
            locks: Table::default(),
            locks_released: rings(),
            cash: Table::default(),
            houses: std::sync::RwLock::default(),
            cash_lines: rings(),
            transfers: Table::default(),
            transfers_settled: rings(),
            orders: Map::with_capacity_and_hasher(orders, RandomState::default()),
            open_orders: Map::default(),
            orders_closed: rings(),
            fund_trades: rings(),
            party_trades: rings(),
            listings: Table::default(),
            listing_readers: Table::default(),
            listing_looks: Table::default(),
            listing_lines: rings(),
            agreements: Table::default(),
            calls: Table::default(),
            calls_ended: rings(),
            call_orders: Table::default(),
            call_orders_closed: rings(),
            lots: Table::default(),
            lot_states: Map::default(),
            deals: Table::default(),
            claims: Table::default(),
            claim_places: Map::default(),
            claim_codes: Map::default(),
            bids: Table::default(),
            offers: Table::default(),
            intentions: Table::default(),
            fund_intentions: std::sync::RwLock::default(),
            suggestions: rings(),
            sweeps: Table::default(),
            sweeps_ended: rings(),
        }))
    }

    pub(super) fn history(&self) -> History {
        let models = &self.0;
        let mut volumes: Vec<(FundId, Volume)> =
            models.volumes.iter().map(|row| (*row.key(), *row.value())).collect();
        volumes.sort_unstable_by_key(|(fund, _)| *fund);
        let open = models.orders.iter().filter(|row| row.closed.is_none());
        let mut orders_open: Vec<Arc<OrderView>> = open.map(|row| Arc::clone(&row)).collect();
        orders_open.sort_unstable_by_key(|view| view.id);
        let orders_open = OrdersOpen(orders_open);
        History {
            volumes,
            orders_open,
            orders_closed: kept(&models.orders_closed),
            fund_trades: kept(&models.fund_trades),
            party_trades: kept(&models.party_trades),
            register_lines: kept(&models.register_lines),
            cash_lines: kept(&models.cash_lines),
            locks: rows(&models.locks),
            locks_released: kept(&models.locks_released),
            transfers: rows(&models.transfers),
            transfers_settled: kept(&models.transfers_settled),
            proposals: rows(&models.proposals),
            proposals_ended: kept(&models.proposals_ended),
            intentions: rows(&models.intentions),
            suggestions: kept(&models.suggestions),
            sweeps: rows(&models.sweeps),
            sweeps_ended: kept(&models.sweeps_ended),
            listing_lines: kept(&models.listing_lines),
            editions: models.editions.all(),
            calls_ended: kept(&models.calls_ended),
            call_orders_open: {
                let mut rows = rows(&models.call_orders);
                rows.retain(|view| view.closed.is_none());
                rows
            },
            call_orders_closed: kept(&models.call_orders_closed),
        }
    }

    fn put_history(&self, history: History) {
        let models = &self.0;
        for (fund, volume) in history.volumes {
            models.volumes.insert(fund, volume);
        }
        // A set is built at once of ids that are sorted, as these are.
        let mut open_orders: BTreeMap<PartyId, Vec<OrderId>> = BTreeMap::new();
        for view in history.orders_open.0 {
            open_orders.entry(view.terms.party).or_default().push(view.id);
            models.orders.insert(view.id, view);
        }
        for (party, orders) in open_orders {
            models.open_orders.insert(party, orders.into_iter().collect());
        }
        restore(&models.orders_closed, history.orders_closed, |view: &Arc<OrderView>| {
            models.orders.insert(view.id, Arc::clone(view));
        });
        restore(&models.fund_trades, history.fund_trades, |_| {});
        restore(&models.party_trades, history.party_trades, |_| {});
        restore(&models.register_lines, history.register_lines, |_| {});
        restore(&models.cash_lines, history.cash_lines, |_| {});
        for view in history.locks {
            models.locks.put(view.id, view);
        }
        restore(&models.locks_released, history.locks_released, |_| {});
        for view in history.transfers {
            models.transfers.put(view.id, view);
        }
        restore(&models.transfers_settled, history.transfers_settled, |_| {});
        for view in history.proposals {
            models.proposals.put(view.id, view);
        }
        restore(&models.proposals_ended, history.proposals_ended, |_| {});
        for view in history.intentions {
            write(&models.fund_intentions).insert((view.terms.fund, view.id));
            models.intentions.put(view.id, view);
        }
        restore(&models.suggestions, history.suggestions, |_| {});
        for view in history.sweeps {
            models.sweeps.put(view.number, view);
        }
        restore(&models.sweeps_ended, history.sweeps_ended, |_| {});
        restore(&models.listing_lines, history.listing_lines, |_| {});
        models.editions.restore(history.editions);
        restore(&models.calls_ended, history.calls_ended, |view: &Arc<CallView>| {
            models.calls.put(view.id, CallView::clone(view));
        });
        for view in history.call_orders_open {
            models.call_orders.put((view.call, view.id), view);
        }
        let closed = history.call_orders_closed;
        restore(&models.call_orders_closed, closed, |view: &Arc<CallOrderView>| {
            models.call_orders.put((view.call, view.id), CallOrderView::clone(view));
        });
    }
}

fn rows<K: Copy + Ord + Hash, V: Clone>(table: &Table<K, V>) -> Vec<V> {
    table.all().iter().map(|row| V::clone(row)).collect()
}

/// The rows of rings by themselves: some rings share theirs.
fn kept<K: Copy + Ord + Hash, V: Clone, R: Clone + Borrow<V>>(rings: &Rings<K, R>) -> Kept<K, V> {
    let (next, rows) = rings.all();
    let rows = rows.into_iter().map(|(number, key, row)| (number, key, row.borrow().clone()));
    Kept { next, rows: rows.collect() }
}

/// Puts rows back into their rings, and shows each to `seen`.
fn restore<K: Copy + Ord + Hash, V, R: Clone + From<V>>(
    rings: &Rings<K, R>,
    kept: Kept<K, V>,
    mut seen: impl FnMut(&R),
) {
    let rows = kept.rows.into_iter().map(|(number, key, row)| (number, key, R::from(row)));
    rings.restore(kept.next, rows.inspect(|(_, _, row)| seen(row)));
}

#[cfg(test)]
mod tests {
    use sfund_engine::listing::stage::Stage;
    use sfund_engine::time::Time;

    use super::*;
    use crate::read::listings::Happening;
    use crate::read::page::Ask;

    #[test]
    fn what_happened_to_listings_is_kept() {
        let read = Read::empty(0);
        let before = minicbor::to_vec(read.history()).unwrap();
        let stamp = Stamp { sequence: Sequence::new(7), at: Time::from_nanos(9) };
        let stage = Some(Stage::Submitted);
        let what = Happening { event: 101, stage, ..Happening::default() };
        let line = Arc::new(ListingLine { stamp, what });
        read.0.listing_lines.push(ListingId::new(3), Arc::clone(&line), |_| {});
        let after = minicbor::to_vec(read.history()).unwrap();
        assert!(before.len() < after.len());
        let lines = |bytes: &[u8]| {
            let read = Read::of_history(bytes).unwrap();
            read.listing_lines(ListingId::new(3), &Ask::first(), |_| true).rows
        };
        assert_eq!(lines(&after), [line]);
        assert_eq!(lines(&before), []);
    }
}
