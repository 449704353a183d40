//! The four mixes: seeded orders of one book, and what they must trade.
//!
//! A mix is made on a plain book of its own, a sorted map of queues, which says how many trades of
//! how many lots for how much money there are. All in whole numbers, so that a seed makes the same
//! orders on every machine.

use std::collections::{BTreeMap, VecDeque};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sfund_engine::trading::side::Side;

/// Buyers have the lower half of the accounts, sellers the upper: no account meets itself, which
/// the engine would prevent and the others would not.
pub(crate) const ACCOUNTS: u32 = 1_000;
/// Orders rest around this price.
const MIDDLE: u32 = 32_768;
/// Parts of which a share is counted.
const WHOLE: u32 = 10_000;
/// The highest price of a market order, and the lowest.
const ENDS: [u32; 2] = [65_535, 1];

/// What is asked of a book.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Trade, and rest with what is left.
    Add,
    /// Trade, and drop what is left.
    Immediate,
    /// The same at any price.
    Market,
    /// Take an order out.
    Cancel,
    /// Give an order another price; it goes last there.
    Move,
}

/// One operation.
#[derive(Clone, Copy)]
pub(crate) struct Op {
    pub(crate) kind: Kind,
    pub(crate) side: Side,
    pub(crate) account: u32,
    /// In ticks.
    pub(crate) price: u32,
    /// Of a new order, and what is left of one that moves.
    pub(crate) lots: u32,
    /// Number of the order, from 0 in the order in which orders came.
    pub(crate) order: u32,
}

/// What was traded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) trades: u64,
    pub(crate) lots: u64,
    /// Sum of price times lots.
    pub(crate) notional: u64,
}

impl Totals {
    #[inline]
    pub(crate) fn fill(&mut self, price: u64, lots: u64) {
        self.trades += 1;
        self.lots += lots;
        self.notional = self.notional.wrapping_add(price.wrapping_mul(lots));
    }
}

/// What a mix is made of; shares are parts of [`WHOLE`].
pub(crate) struct Mix {
    pub(crate) name: &'static str,
    seed: u64,
    /// Orders that rest before the first operation, and about as many throughout.
    live: usize,
    /// Prices lie so far from the middle at most.
    width: u32,
    /// How much they crowd there: half the power to which a fraction of the width is raised.
    crowd: u32,
    adds: u32,
    immediates: u32,
    markets: u32,
    cancels: u32,
    /// Of those that add, and of those that move.
    crossing: [u32; 2],
    lots_max: u32,
    /// Fewest and most lots of an order that crosses.
    taker_lots: [u32; 2],
    /// Whether cancels and moves name recent orders above all.
    recent: bool,
}

/// exchange-core's published mix; cancels above all; sweeps of eleven orders; a deep book.
pub(crate) const MIXES: [Mix; 4] = [
    Mix {
        name: "exc",
        seed: 20_260_101,
        live: 1_000,
        width: 1_400,
        crowd: 3,
        adds: 900,
        immediates: 300,
        markets: 0,
        cancels: 600,
        crossing: [3_000, 40],
        lots_max: 100,
        taker_lots: [1, 30],
        recent: false,
    },
    Mix {
        name: "cancel",
        seed: 20_260_102,
        live: 10_000,
        width: 600,
        crowd: 5,
        adds: 4_900,
        immediates: 100,
        markets: 100,
        cancels: 4_700,
        crossing: [100, 0],
        lots_max: 100,
        taker_lots: [1, 40],
        recent: true,
    },
    Mix {
        name: "sweep",
        seed: 20_260_103,
        live: 50_000,
        width: 200,
        crowd: 2,
        adds: 9_000,
        immediates: 0,
        markets: 870,
        cancels: 80,
        crossing: [0, 0],
        lots_max: 10,
        taker_lots: [40, 71],
        recent: false,
    },
    Mix {
        name: "deep",
        seed: 20_260_104,
        live: 1_000_000,
        width: 30_000,
        crowd: 6,
        adds: 4_200,
        immediates: 500,
        markets: 500,
        cancels: 3_800,
        crossing: [500, 200],
        lots_max: 100,
        taker_lots: [1, 40],
        recent: false,
    },
];

/// A mix, made.
pub(crate) struct Workload {
    /// Orders that rest when it begins.
    pub(crate) resting: Vec<Op>,
    /// What is measured.
    pub(crate) ops: Vec<Op>,
    /// Orders there ever are.
    pub(crate) orders: usize,
    /// What the measured part trades.
    pub(crate) expected: Totals,
    /// Operations by kind, in the order of [`Kind`].
    pub(crate) counts: [usize; 5],
}

impl Mix {
    /// Makes so many operations on `live` orders, or on fewer if `small` says so.
    pub(crate) fn workload(&self, ops: usize, small: Option<usize>) -> Workload {
        let live = small.unwrap_or(self.live).min(self.live);
        let rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut maker = Maker { mix: self, live, rng, book: Plain::default() };
        let resting: Vec<_> = [Side::Buy, Side::Sell]
            .into_iter()
            .cycle()
            .take(live)
            .map(|side| maker.new_order(Kind::Add, side, Crosses::No))
            .collect();
        maker.book.totals = Totals::default();
        let ops: Vec<_> = (0..ops).map(|_| maker.next()).collect();
        let mut counts = [0; 5];
        for op in &ops {
            counts[place(op.kind)] += 1;
        }
        let Plain { orders, totals: expected, .. } = maker.book;
        Workload { resting, ops, orders: orders.len(), expected, counts }
    }
}

const fn place(kind: Kind) -> usize {
    match kind {
        Kind::Add => 0,
        Kind::Immediate => 1,
        Kind::Market => 2,
        Kind::Cancel => 3,
        Kind::Move => 4,
    }
}

/// Whether an order is priced to trade.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Crosses {
    Yes,
    No,
}

struct Maker<'a> {
    mix: &'a Mix,
    live: usize,
    rng: ChaCha8Rng,
    book: Plain,
}

impl Maker<'_> {
    fn next(&mut self) -> Op {
        let (few, many) = (self.live * 97 / 100, self.live * 103 / 100);
        let (is_low, is_high) = (self.book.live.len() < few, many < self.book.live.len());
        let kind = match self.kind() {
            Kind::Cancel if is_low && self.chance(WHOLE / 2) => Kind::Add,
            Kind::Add if is_high && self.chance(WHOLE / 2) => Kind::Cancel,
            Kind::Cancel | Kind::Move if self.book.live.len() < 10 => Kind::Add,
            kind @ (Kind::Add | Kind::Immediate | Kind::Market | Kind::Cancel | Kind::Move) => kind,
        };
        match kind {
            Kind::Cancel => self.cancel(),
            Kind::Move => self.reprice(),
            Kind::Add | Kind::Immediate | Kind::Market => {
                let side = if self.rng.random() { Side::Buy } else { Side::Sell };
                let crosses = kind != Kind::Add || !is_low && self.chance(self.mix.crossing[0]);
                self.new_order(kind, side, if crosses { Crosses::Yes } else { Crosses::No })
            }
        }
    }

    fn kind(&mut self) -> Kind {
        let Mix { adds, immediates, markets, cancels, .. } = *self.mix;
        let mut left = self.rng.random_range(0..WHOLE);
        let shares = [
            (Kind::Add, adds),
            (Kind::Immediate, immediates),
            (Kind::Market, markets),
            (Kind::Cancel, cancels),
        ];
        for (kind, share) in shares {
            if left < share {
                return kind;
            }
            left -= share;
        }
        Kind::Move
    }

    fn chance(&mut self, share: u32) -> bool {
        self.rng.random_range(0..WHOLE) < share
    }

    fn new_order(&mut self, kind: Kind, side: Side, crosses: Crosses) -> Op {
        let half = ACCOUNTS / 2;
        let account = self.rng.random_range(0..half) + if side == Side::Buy { 0 } else { half };
        let lots = match crosses {
            Crosses::Yes => {
                let [least, most] = self.mix.taker_lots;
                self.rng.random_range(least..=most)
            }
            Crosses::No => self.rng.random_range(1..=self.mix.lots_max),
        };
        let price = match crosses {
            Crosses::Yes if kind == Kind::Market => ENDS[usize::from(side == Side::Sell)],
            Crosses::Yes => self.crossing(side, self.mix.width / 20),
            Crosses::No => self.passive(side),
        };
        let order = u32::try_from(self.book.orders.len()).expect("few orders");
        self.book.orders.push(Order { side, account, price, left: 0, turn: 0, place: 0 });
        let left = self.book.cross(side, price, lots);
        if 0 < left && kind == Kind::Add {
            self.book.rest(order, price, left);
        }
        Op { kind, side, account, price, lots, order }
    }

    fn cancel(&mut self) -> Op {
        let order = self.some_order();
        let Order { side, account, price, left: lots, .. } = *self.book.order(order);
        self.book.take_out(order);
        Op { kind: Kind::Cancel, side, account, price, lots, order }
    }

    fn reprice(&mut self) -> Op {
        let order = self.some_order();
        let Order { side, account, price: before, left: lots, .. } = *self.book.order(order);
        let price = if self.chance(self.mix.crossing[1]) {
            self.crossing(side, self.mix.width / 50)
        } else {
            self.passive(side)
        };
        let price = match side {
            Side::Buy if price == before => price - 1,
            Side::Sell if price == before => price + 1,
            Side::Buy | Side::Sell => price,
        };
        self.book.take_out(order);
        let left = self.book.cross(side, price, lots);
        if 0 < left {
            self.book.rest(order, price, left);
        }
        Op { kind: Kind::Move, side, account, price, lots, order }
    }

    fn some_order(&mut self) -> u32 {
        let newest = u32::try_from(self.book.orders.len() - 1).expect("few orders");
        for _ in 0..if self.mix.recent { 50 } else { 0 } {
            let back = self.fraction_to(8, 40_000);
            let order = newest.saturating_sub(back);
            if self.book.order(order).left != 0 {
                return order;
            }
        }
        self.book.live[self.rng.random_range(0..self.book.live.len())]
    }

    fn passive(&mut self, side: Side) -> u32 {
        let away = 1 + self.fraction_to(self.mix.crowd, self.mix.width);
        if side == Side::Buy { MIDDLE - away } else { MIDDLE + away }
    }

    fn crossing(&mut self, side: Side, width: u32) -> u32 {
        let away = 1 + self.fraction_to(2, width);
        if side == Side::Buy { MIDDLE + away } else { MIDDLE - away }
    }

    /// A random fraction to the power of half `crowd`, of `whole`.
    fn fraction_to(&mut self, crowd: u32, whole: u32) -> u32 {
        let fraction = u64::from(self.rng.random::<u32>());
        let mut power = if crowd.is_multiple_of(2) { 1 << 32 } else { (fraction << 32).isqrt() };
        for _ in 0..crowd / 2 {
            power = (power * fraction) >> 32;
        }
        u32::try_from((power * u64::from(whole)) >> 32).expect("a part of a u32")
    }
}

#[derive(Clone, Copy)]
struct Order {
    side: Side,
    account: u32,
    price: u32,
    /// Zero: it is not open.
    left: u32,
    /// How often it rested: a queue may hold what is long gone.
    turn: u32,
    /// Among those that are open.
    place: usize,
}

/// A plain book.
#[derive(Default)]
struct Plain {
    /// Buys and sells by price; each order with the turn in which it came to rest here.
    sides: [BTreeMap<u32, VecDeque<(u32, u32)>>; 2],
    orders: Vec<Order>,
    live: Vec<u32>,
    totals: Totals,
}

impl Plain {
    fn order(&self, order: u32) -> &Order {
        &self.orders[index(order)]
    }

    fn rest(&mut self, order: u32, price: u32, left: u32) {
        let place = self.live.len();
        self.live.push(order);
        let record = &mut self.orders[index(order)];
        (record.price, record.left, record.place) = (price, left, place);
        record.turn += 1;
        let queue = self.sides[usize::from(record.side == Side::Sell)].entry(price).or_default();
        queue.push_back((order, record.turn));
    }

    fn take_out(&mut self, order: u32) {
        let record = &mut self.orders[index(order)];
        record.left = 0;
        let place = record.place;
        self.live.swap_remove(place);
        if let Some(&moved) = self.live.get(place) {
            self.orders[index(moved)].place = place;
        }
    }

    /// Lets an order meet the other side; what is left of it.
    fn cross(&mut self, side: Side, price: u32, mut lots: u32) -> u32 {
        let other = usize::from(side == Side::Buy);
        while 0 < lots {
            let best = match side {
                Side::Buy => self.sides[other].first_entry().filter(|best| *best.key() <= price),
                Side::Sell => self.sides[other].last_entry().filter(|best| price <= *best.key()),
            };
            let Some(mut best) = best else { break };
            let Some(&(maker, turn)) = best.get().front() else {
                best.remove();
                continue;
            };
            let at = *best.key();
            let record = &mut self.orders[index(maker)];
            if record.left == 0 || record.turn != turn {
                best.get_mut().pop_front();
                continue;
            }
            let taken = lots.min(record.left);
            lots -= taken;
            record.left -= taken;
            let is_filled = record.left == 0;
            if is_filled {
                best.get_mut().pop_front();
            }
            self.totals.fill(at.into(), taken.into());
            if is_filled {
                self.take_out(maker);
            }
        }
        lots
    }
}

pub(crate) fn index(number: u32) -> usize {
    usize::try_from(number).expect("32 bits fit")
}
