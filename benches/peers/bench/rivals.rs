//! Other people's books, each used as its documentation says. Where one moves no order in place, it
//! cancels and adds, as its users must.

use std::sync::{Arc, Mutex};

use matchcore::{
    AmendCmd, AmendPatch, CancelCmd, Command, CommandKind, CommandMeta, CommandOutcome,
    CommandReport, LimitOrder, LimitOrderPatch, MarketOrder, NewOrder, OrderFlags, OrderKind,
    QuantityPolicy, SequenceNumber, SubmitCmd, Timestamp,
};
use obcore::{Evaluator, Instruction, OrderInterface, TIF};
use orderbook_rs::orderbook::trade::TradeResult;
use pricelevel::{Id, OrderUpdate};
use sfund_engine::trading::side::Side;

use super::contender::Contender;
use super::mixes::{Kind, Op, Totals, Workload, index};

/// The crate obcore.
pub(crate) struct Obcore {
    book: obcore::OrderBook<ObcoreOrder>,
    evaluator: Evaluator<ObcoreOrder>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ObcoreOrder {
    id: u64,
    owner: u32,
    price: u64,
    lots: u64,
    left: u64,
    is_buy: bool,
    lasts: Lasts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Lasts {
    Long,
    Now,
}

impl OrderInterface for ObcoreOrder {
    type I = u64;
    type N = u64;
    type O = u32;

    fn id(&self) -> &u64 {
        &self.id
    }

    fn price(&self) -> u64 {
        self.price
    }

    fn is_buy(&self) -> bool {
        self.is_buy
    }

    fn quantity(&self) -> u64 {
        self.lots
    }

    fn remaining(&self) -> u64 {
        self.left
    }

    fn fill(&mut self, lots: u64) {
        self.left -= lots;
    }

    fn owner(&self) -> &u32 {
        &self.owner
    }

    fn tif(&self) -> TIF {
        match self.lasts {
            Lasts::Long => TIF::GTC,
            Lasts::Now => TIF::IOC,
        }
    }
}

impl Obcore {
    #[inline]
    fn apply(&mut self, op: obcore::Op<ObcoreOrder>, totals: &mut Totals) {
        self.evaluator.reset();
        for instruction in self.evaluator.eval(&self.book, op) {
            if let Instruction::Fill(_, _, price, lots, false) = &instruction {
                totals.fill(*price, *lots);
            }
            self.book.apply(instruction);
        }
    }

    #[inline]
    fn insert(&mut self, op: &Op, lasts: Lasts, totals: &mut Totals) {
        let lots = u64::from(op.lots);
        let order = ObcoreOrder {
            id: op.order.into(),
            owner: op.account,
            price: op.price.into(),
            lots,
            left: lots,
            is_buy: op.side == Side::Buy,
            lasts,
        };
        self.apply(obcore::Op::Insert(order), totals);
    }
}

impl Contender for Obcore {
    fn open(_: &Workload) -> Self {
        Self { book: obcore::OrderBook::default(), evaluator: Evaluator::default() }
    }

    #[inline]
    fn give(&mut self, op: &Op, totals: &mut Totals) {
        match op.kind {
            Kind::Add => self.insert(op, Lasts::Long, totals),
            Kind::Immediate | Kind::Market => self.insert(op, Lasts::Now, totals),
            Kind::Cancel => self.apply(obcore::Op::Delete(op.order.into()), totals),
            Kind::Move => {
                self.apply(obcore::Op::Delete(op.order.into()), totals);
                self.insert(op, Lasts::Long, totals);
            }
        }
    }
}

/// The crate lobster.
pub(crate) struct Lobster(lobster::OrderBook);

impl Lobster {
    /// Whether something is left that rests.
    #[inline]
    fn execute(&mut self, order: lobster::OrderType, totals: &mut Totals) -> bool {
        let (fills, rests) = match self.0.execute(order) {
            lobster::OrderEvent::Filled { fills, .. } => (fills, false),
            lobster::OrderEvent::PartiallyFilled { fills, .. } => (fills, true),
            lobster::OrderEvent::Placed { .. } => return true,
            lobster::OrderEvent::Unfilled { .. } | lobster::OrderEvent::Canceled { .. } => {
                return false;
            }
        };
        fills.iter().for_each(|fill| totals.fill(fill.price, fill.qty));
        rests
    }
}

impl Contender for Lobster {
    fn open(workload: &Workload) -> Self {
        Self(lobster::OrderBook::new(workload.resting.len() + 100_000, 10, false))
    }

    #[inline]
    fn give(&mut self, op: &Op, totals: &mut Totals) {
        let (id, qty, price) = (op.order.into(), op.lots.into(), op.price.into());
        let side = match op.side {
            Side::Buy => lobster::Side::Bid,
            Side::Sell => lobster::Side::Ask,
        };
        let limit = lobster::OrderType::Limit { id, side, qty, price };
        let cancel = lobster::OrderType::Cancel { id };
        match op.kind {
            Kind::Add => {
                self.execute(limit, totals);
            }
            Kind::Immediate => {
                if self.execute(limit, totals) {
                    self.execute(cancel, totals);
                }
            }
            Kind::Market => {
                self.execute(lobster::OrderType::Market { id, side, qty }, totals);
            }
            Kind::Cancel => {
                self.execute(cancel, totals);
            }
            Kind::Move => {
                self.execute(cancel, totals);
                self.execute(limit, totals);
            }
        }
    }
}

/// The crate orderbook-rs: it tells of trades to a listener alone.
pub(crate) struct OrderbookRs {
    book: orderbook_rs::OrderBook<()>,
    heard: Arc<Mutex<Totals>>,
}

impl Contender for OrderbookRs {
    fn open(_: &Workload) -> Self {
        let heard = Arc::new(Mutex::new(Totals::default()));
        let hears = Arc::clone(&heard);
        let listener = move |result: &TradeResult| {
            let mut totals = hears.lock().expect("one thread");
            for trade in result.match_result.trades().as_vec() {
                let price = u64::try_from(trade.price().as_u128()).expect("small prices");
                totals.fill(price, trade.quantity().as_u64());
            }
        };
        let book = orderbook_rs::OrderBook::with_trade_listener("BENCH", Arc::new(listener));
        Self { book, heard }
    }

    #[inline]
    fn give(&mut self, op: &Op, _: &mut Totals) {
        let side = match op.side {
            Side::Buy => pricelevel::Side::Buy,
            Side::Sell => pricelevel::Side::Sell,
        };
        let id = Id::from_u64(op.order.into());
        let (price, lots) = (u128::from(op.price), u64::from(op.lots));
        // What it answers is counted in the totals.
        match op.kind {
            Kind::Add => {
                let lasts = pricelevel::TimeInForce::Gtc;
                drop(self.book.add_limit_order(id, price, lots, side, lasts, None));
            }
            Kind::Immediate => {
                let lasts = pricelevel::TimeInForce::Ioc;
                drop(self.book.add_limit_order(id, price, lots, side, lasts, None));
            }
            Kind::Market => drop(self.book.submit_market_order(id, lots, side)),
            Kind::Cancel => drop(self.book.cancel_order(id)),
            Kind::Move => {
                let new_price = pricelevel::Price::new(price);
                drop(self.book.update_order(OrderUpdate::UpdatePrice { order_id: id, new_price }));
            }
        }
    }

    fn finish(&mut self, totals: &mut Totals) {
        *totals = std::mem::take(&mut *self.heard.lock().expect("one thread"));
    }
}

/// The crate matchcore: it gives the ids.
pub(crate) struct Matchcore {
    book: matchcore::OrderBook,
    turn: u64,
    ids: Vec<matchcore::OrderId>,
}

impl Matchcore {
    #[inline]
    fn execute(&mut self, kind: CommandKind, order: u32, totals: &mut Totals) {
        let sequence_number = SequenceNumber(self.turn);
        let meta = CommandMeta { sequence_number, timestamp: Timestamp(self.turn) };
        self.turn += 1;
        let effects = match self.book.execute(&Command { meta, kind }) {
            CommandOutcome::Applied(CommandReport::Submit(effects)) => {
                self.ids[index(order)] = effects.target_order().order_id();
                effects
            }
            CommandOutcome::Applied(CommandReport::Amend(effects)) => effects,
            CommandOutcome::Applied(CommandReport::Cancel) | CommandOutcome::Rejected(_) => return,
        };
        let matched = effects.target_order().match_result();
        for trade in matched.into_iter().flat_map(|matched| matched.trades()) {
            totals.fill(trade.price().0, trade.quantity().0);
        }
    }
}

impl Contender for Matchcore {
    fn open(workload: &Workload) -> Self {
        let book = matchcore::OrderBook::new("BENCH");
        Self { book, turn: 0, ids: vec![matchcore::OrderId(0); workload.orders] }
    }

    #[inline]
    fn give(&mut self, op: &Op, totals: &mut Totals) {
        let (price, quantity) =
            (matchcore::Price(op.price.into()), matchcore::Quantity(op.lots.into()));
        let side = match op.side {
            Side::Buy => matchcore::Side::Buy,
            Side::Sell => matchcore::Side::Sell,
        };
        let order_id = self.ids[index(op.order)];
        let limit = |lasts| {
            let flags = OrderFlags::new(side, false, lasts);
            let order = LimitOrder::new(price, QuantityPolicy::Standard { quantity }, flags);
            CommandKind::Submit(SubmitCmd { order: NewOrder::Limit(order) })
        };
        let kind = match op.kind {
            Kind::Add => limit(matchcore::TimeInForce::Gtc),
            Kind::Immediate => limit(matchcore::TimeInForce::Ioc),
            Kind::Market => {
                let order = NewOrder::Market(MarketOrder::new(quantity, side, false));
                CommandKind::Submit(SubmitCmd { order })
            }
            Kind::Cancel => {
                CommandKind::Cancel(CancelCmd { order_id, order_kind: OrderKind::Limit })
            }
            Kind::Move => {
                let patch = AmendPatch::Limit(LimitOrderPatch::new().with_price(price));
                CommandKind::Amend(AmendCmd { order_id, patch })
            }
        };
        self.execute(kind, op.order, totals);
    }
}
