//! The books against their twin, and what the twin cannot say.

#![allow(clippy::arithmetic_side_effects)]

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::slab::{NOBODY, Place, index};
use super::twin::{Order, Twin};
use super::{BookId, Books, Level, Lots, Maker, Take, Terms, Tick, WalkScratch};
use crate::id::OrderId;
use crate::policy::PASSES_MAX;
use crate::trading::side::Side;

/// Which prices a stream uses.
#[derive(Clone, Copy, Debug)]
enum Prices {
    /// One.
    Hot,
    /// A hundred neighbours across the border of two pages.
    Near,
    /// Neighbours, and wild ones up to both ends.
    Wild,
    /// Anything.
    Any,
}

struct Pair {
    books: Books,
    twin: Twin,
    rng: ChaCha8Rng,
    prices: Prices,
    scratch: WalkScratch,
}

fn bytes(books: &Books) -> Vec<u8> {
    minicbor::to_vec(books).unwrap()
}

fn plain(book: BookId, side: Side, tick: u32, lots: u32) -> Terms {
    let (tick, lots) = (Tick::new(tick), Lots::new(lots));
    Terms { book, side, tick, lots, peak: Lots::ZERO, minimum: Lots::ZERO }
}

impl Pair {
    fn new(seed: u64, prices: Prices, books: u32) -> Self {
        let mut pair = Self {
            books: Books::new(),
            twin: Twin::default(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            prices,
            scratch: WalkScratch::default(),
        };
        for _ in 0..books {
            pair.books.open();
            pair.twin.open();
        }
        pair
    }

    fn tick(&mut self) -> Tick {
        let wild = [0, 1, 63, 64, 65_535, 1 << 24, 1 << 30, 1 << 31, u32::MAX - 1, u32::MAX];
        Tick::new(match self.prices {
            Prices::Hot => 1_000,
            Prices::Wild if self.rng.random_ratio(1, 4) => *wild.choose(&mut self.rng).unwrap(),
            Prices::Near | Prices::Wild => self.rng.random_range(4_096 - 50..4_096 + 50),
            Prices::Any => self.rng.random(),
        })
    }

    fn some_lots(&mut self) -> u32 {
        if self.rng.random_ratio(1, 50) { u32::MAX } else { self.rng.random_range(1..100) }
    }

    fn terms(&mut self) -> Terms {
        let book = BookId::new(self.rng.random_range(0..self.books.count()));
        let side = if self.rng.random() { Side::Buy } else { Side::Sell };
        let mut terms = plain(book, side, self.tick().number(), self.some_lots());
        match self.rng.random_range(0..6) {
            0 => {
                let least = terms.lots.number() / 5 + 1;
                terms.peak = Lots::new(self.rng.random_range(least..least + 20));
            }
            1 => terms.minimum = Lots::new(self.rng.random_range(1..=terms.lots.number())),
            2 if self.rng.random() => terms.minimum = terms.lots,
            _ => {}
        }
        terms
    }

    /// An incoming order: what it meets trades, and the rest of it rests.
    fn incoming(&mut self) {
        let terms = self.terms();
        let Terms { book, side, tick, .. } = terms;
        let mut answers = Vec::new();
        let mut left = terms.lots.number();
        let rng = &mut self.rng;
        let answer = |maker: Maker| {
            let lots = maker.lots.number().min(left);
            let take = match rng.random_range(0..20) {
                _ if left == 0 => Take::Stop,
                _ if lots < maker.minimum.number() => Take::Pass,
                0 => Take::Gone,
                1 if maker.is_conditional() => Take::Pass,
                2 if lots == left => Take::Last(Lots::new(lots)),
                _ => Take::Lots(Lots::new(lots)),
            };
            if let Take::Lots(taken) | Take::Last(taken) = take {
                left -= taken.number();
            }
            answers.push((maker, take));
            take
        };
        self.books.walk(book, side, tick, &mut self.scratch, answer);
        let mut again = answers.iter();
        self.twin.walk(book, side, tick, |maker| {
            let &(met, take) = again.next().unwrap();
            assert_eq!(met, maker);
            take
        });
        assert!(again.next().is_none());
        assert!(answers.is_empty() || self.books.meets(book, side, tick));
        for (Maker { id, .. }, take) in answers {
            match take {
                Take::Lots(lots) | Take::Last(lots) => {
                    if self.fill(id, lots) == Lots::ZERO {
                        self.free(id);
                    }
                }
                Take::Gone => self.cancel(id),
                Take::Pass | Take::Stop => {}
            }
        }
        let id = self.take_slot();
        let entry = &self.books.books[index(book.number())];
        if left == 0 || (terms.minimum == Lots::ZERO && entry.crosses(side, tick)) {
            return self.free(id);
        }
        let lots = Lots::new(left);
        self.rest(id, Terms { lots, minimum: terms.minimum.min(lots), ..terms });
    }

    fn take_slot(&mut self) -> OrderId {
        let id = self.books.next_id();
        assert_eq!(id, self.twin.next_id());
        assert!(!self.books.is_open(id));
        assert_eq!(self.books.take_slot(), self.twin.take_slot());
        id
    }

    fn rest(&mut self, id: OrderId, terms: Terms) {
        self.books.rest(id, terms);
        self.twin.rest(id, terms);
        assert_eq!(self.books.terms(id), Some(terms));
    }

    fn fill(&mut self, id: OrderId, lots: Lots) -> Lots {
        let left = self.books.fill(id, lots);
        self.twin.fill(id, lots);
        assert_eq!(left, self.books.terms(id).map_or(Lots::ZERO, |terms| terms.lots));
        left
    }

    fn cancel(&mut self, id: OrderId) {
        self.books.unlink(id);
        self.twin.unlink(id);
        self.free(id);
    }

    fn free(&mut self, id: OrderId) {
        assert_eq!((self.books.terms(id), self.books.is_open(id)), (None, true));
        self.books.free(id);
        self.twin.free(id);
        assert!(!self.books.is_open(id));
    }

    /// Moves a resting order to another price, or holds it back.
    fn displace(&mut self, order: Order) {
        self.books.unlink(order.id);
        self.twin.unlink(order.id);
        let terms = Terms { tick: self.tick(), ..order.terms };
        let entry = &self.books.books[index(terms.book.number())];
        if terms.minimum != Lots::ZERO || !entry.crosses(terms.side, terms.tick) {
            self.rest(order.id, terms);
        }
    }

    fn step(&mut self, orders: usize) {
        let resting = self.twin.resting();
        let chosen = resting.choose(&mut self.rng).copied();
        let held = self.twin.reserved().choose(&mut self.rng).copied();
        match (self.rng.random_range(0..20), chosen, held) {
            (0..=2, _, Some(id)) => self.free(id),
            (3..=4, Some(order), _) => {
                let lots = Lots::new(self.rng.random_range(1..=order.terms.lots.number()));
                self.books.shrink(order.id, lots);
                self.twin.shrink(order.id, lots);
            }
            (5, Some(order), _) => {
                let lots = Lots::new(self.rng.random_range(0..=order.offer));
                self.fill(order.id, lots);
            }
            (6..=7, Some(order), _) => self.displace(order),
            (8..=11, Some(order), _) => self.cancel(order.id),
            (12..=19, Some(order), _) if orders < resting.len() => self.cancel(order.id),
            _ => self.incoming(),
        }
    }

    fn compare(&self) {
        self.books.check();
        for book in (0..self.books.count()).map(BookId::new) {
            for side in Side::BOTH {
                assert_eq!(self.books.best(book, side), self.twin.best(book, side));
                let depth: Vec<Level> = self.books.depth(book, side).collect();
                assert_eq!(depth, self.twin.depth(book, side));
                let orders: Vec<_> = self.books.orders(book, side).collect();
                let expected = self.twin.orders(book, side).iter();
                assert_eq!(orders, expected.map(|o| (o.id, o.terms)).collect::<Vec<_>>());
                for &Order { id, offer, terms } in self.twin.orders(book, side) {
                    let shown = if terms.minimum == Lots::ZERO { offer } else { 0 };
                    assert_eq!(self.books.shown(id), Some(Lots::new(shown)));
                }
            }
        }
        let in_use: Vec<_> =
            (0..self.books.slots()).filter_map(|slot| self.books.at_slot(slot)).collect();
        assert_eq!(in_use, self.twin.in_use());
        assert!(in_use.iter().all(|&id| self.twin.is_open(id)));
    }
}

/// Prints the seed of a stream that fails.
struct Seed(u64, Prices);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {} with {:?} prices", self.0, self.1);
        }
    }
}

fn stream(seed: u64, prices: Prices, books: u32, orders: usize, steps: u32) {
    let _shown = Seed(seed, prices);
    let mut pair = Pair::new(seed, prices, books);
    for step in 0..steps {
        pair.step(orders);
        pair.compare();
        if step % 16 == 0 {
            let before = bytes(&pair.books);
            let decoded: Books = minicbor::decode(&before).unwrap();
            assert_eq!(before, bytes(&decoded));
            if step % 64 == 0 {
                pair.books = decoded;
                pair.compare();
            }
        }
    }
}

#[test]
fn the_books_do_what_their_twin_does() {
    for (seed, prices) in
        (1..).zip([Prices::Hot, Prices::Near, Prices::Wild, Prices::Any].repeat(10))
    {
        stream(seed, prices, 1 + u32::try_from(seed % 3).unwrap(), 60, 3_000);
    }
}

#[test]
fn a_long_queue_does_what_its_twin_does() {
    stream(101, Prices::Hot, 1, 600, 2_000);
    stream(102, Prices::Near, 2, 600, 2_000);
}

#[test]
fn broken_bytes_are_refused_or_are_some_other_books() {
    let seed = 201;
    let _shown = Seed(seed, Prices::Wild);
    let mut pair = Pair::new(seed, Prices::Wild, 3);
    for _ in 0..300 {
        pair.step(40);
    }
    let whole = bytes(&pair.books);
    for end in 0..whole.len() {
        assert!(minicbor::decode::<Books>(&whole[..end]).is_err());
    }
    for _ in 0..40_000 {
        let mut broken = whole.clone();
        for _ in 0..pair.rng.random_range(1..4) {
            let at = pair.rng.random_range(0..broken.len());
            broken[at] ^= 1 << pair.rng.random_range(0..8);
        }
        if let Ok(books) = minicbor::decode::<Books>(&broken) {
            books.check();
            let again: Books = minicbor::decode(&bytes(&books)).unwrap();
            assert_eq!(bytes(&again), bytes(&books));
        }
    }
}

#[test]
fn an_array_longer_than_the_bytes_is_refused_before_room_is_made() {
    assert!(minicbor::decode::<Books>(&[0x84, 0x9b, 0xff, 255, 255, 255, 255, 255, 255]).is_err());
    assert!(minicbor::decode::<Books>(&[0x84, 0x9a, 0xff, 0xff, 0xff, 0xff, 0]).is_err());
    assert!(minicbor::decode::<Books>(&[0x84, 0x9f, 0xff, 0x80, 0x80, 0x80]).is_err());
}

#[test]
fn the_bytes_of_a_book_are_these() {
    let mut books = Books::new();
    let book = books.open();
    books.open();
    let ids: Vec<_> = (0..6).map(|_| books.take_slot()).collect();
    books.rest(ids[0], plain(book, Side::Buy, 9, 5));
    books.rest(ids[1], Terms { peak: Lots::new(2), ..plain(book, Side::Sell, 10, 7) });
    books.rest(ids[2], Terms { minimum: Lots::new(3), ..plain(book, Side::Sell, 8, 4) });
    books.fill(ids[1], Lots::new(1));
    books.free(ids[4]);
    books.free(ids[3]);
    let text: String = bytes(&books).iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = concat!(
        "84",                 // four parts:
        "86000000010100",     // generations of slots 1 to 6
        "820405",             // free: 4, then 5
        "80",                 // none retired
        "82",                 // two books; of the first
        "84",                 // four ladders:
        "81820981820105",     // one buys 5 at 9
        "81820a818402010502", // one sells 1 at 10, hides 5, peak 2
        "80",                 // no conditional buy
        "8182088183030403",   // one sells 4 at 8, at least 3
        "8480808080",         // the second book is idle
    );
    assert_eq!(text, parts);
}

#[test]
fn a_slot_whose_generations_ran_out_is_never_given_again() {
    let mut books = Books::new();
    let first = books.take_slot();
    books.slab.node_mut(first.slot()).generation = u32::MAX;
    let last = OrderId::from_parts(u32::MAX, first.slot());
    assert!(books.is_open(last));
    books.free(last);
    assert!(!books.is_open(last));
    assert_eq!(books.slab.node(first.slot()).place, Place::RETIRED);
    assert_eq!(books.next_id(), OrderId::from_parts(0, 2));
    let decoded: Books = minicbor::decode(&bytes(&books)).unwrap();
    decoded.check();
    assert_eq!(bytes(&decoded), bytes(&books));
    assert_eq!((decoded.at_slot(1), decoded.next_id()), (None, OrderId::from_parts(0, 2)));
}

#[test]
fn a_book_that_empties_returns_its_pages() {
    let mut books = Books::new();
    let mut pages = 0;
    for _ in 0..50 {
        let book = books.open();
        let ids: Vec<_> = (0..40u32)
            .map(|number| {
                let id = books.take_slot();
                books.rest(id, plain(book, Side::Sell, number.wrapping_mul(0x9e37_79b9), 1));
                id
            })
            .collect();
        pages = books.pool.pages();
        for id in ids {
            books.unlink(id);
            books.free(id);
        }
        books.check();
        assert_eq!((books.pool.pages(), books.slots()), (0, 41));
        assert!(books.pool.is_forest(0));
        assert!(books.slab.top() != NOBODY);
    }
    assert!(pages <= 40);
    assert!(size_of::<super::Book>() <= 64);
}

#[test]
fn a_conditional_order_stands_through_the_other_side() {
    let mut books = Books::new();
    let book = books.open();
    let (sell, buy) = (books.take_slot(), books.take_slot());
    books.rest(sell, plain(book, Side::Sell, 10, 5));
    books.rest(buy, Terms { minimum: Lots::new(6), ..plain(book, Side::Buy, 12, 8) });
    books.check();
    assert_eq!(books.best(book, Side::Buy), None);
    assert_eq!(books.depth(book, Side::Buy).count(), 0);
    let mut met = Vec::new();
    let scratch = &mut WalkScratch::default();
    books.walk(book, Side::Sell, Tick::new(12), scratch, |maker| {
        met.push((maker.id, maker.lots.number(), maker.minimum.number()));
        Take::Pass
    });
    assert_eq!(met, [(buy, 8, 6)]);
}

#[test]
fn an_order_passes_over_so_many_conditional_ones_and_no_more() {
    let mut pair = Pair::new(0, Prices::Hot, 1);
    let book = BookId::new(0);
    let mut rest = |tick, lots, minimum| {
        let id = pair.take_slot();
        let minimum = Lots::new(minimum);
        pair.rest(id, Terms { minimum, ..plain(book, Side::Sell, tick, lots) });
        id
    };
    let first = rest(99, 1, 1);
    let large: Vec<_> = (0..=PASSES_MAX).map(|_| rest(100, 2, 2)).collect();
    let (behind, plain_one, worse) = (rest(100, 1, 1), rest(100, 1, 0), rest(101, 1, 1));
    let last = rest(102, 1, 0);
    let mut met = [Vec::new(), Vec::new()];
    let answer = |met: &mut Vec<OrderId>, maker: Maker| {
        met.push(maker.id);
        if maker.minimum == Lots::new(2) { Take::Pass } else { Take::Lots(maker.lots) }
    };
    let [by_book, by_twin] = &mut met;
    let limit = Tick::new(102);
    pair.books.walk(book, Side::Buy, limit, &mut pair.scratch, |maker| answer(by_book, maker));
    pair.twin.walk(book, Side::Buy, limit, |maker| answer(by_twin, maker));
    assert_eq!(met[0], met[1]);
    let looked_at = &large[..index(PASSES_MAX)];
    assert_eq!(met[0], [&[first, plain_one], looked_at, &[last]].concat());
    assert!(!met[0].contains(&behind) && !met[0].contains(&worse));
}

#[test]
fn the_next_tranche_of_an_iceberg_comes_after_the_others_at_its_price() {
    let mut books = Books::new();
    let book = books.open();
    let ids: Vec<_> = (0..3).map(|_| books.take_slot()).collect();
    books.rest(ids[0], Terms { peak: Lots::new(2), ..plain(book, Side::Sell, 10, 5) });
    books.rest(ids[1], plain(book, Side::Sell, 10, 3));
    books.rest(ids[2], plain(book, Side::Sell, 11, 1));
    let mut trades = Vec::new();
    let scratch = &mut WalkScratch::default();
    books.walk(book, Side::Buy, Tick::MAX, scratch, |maker| {
        trades.push((maker.id, maker.lots));
        Take::Lots(maker.lots)
    });
    let expected = [(0, 2), (1, 3), (0, 2), (0, 1), (2, 1)];
    assert_eq!(trades, expected.map(|(at, lots)| (ids[at], Lots::new(lots))));
    for (id, lots) in trades {
        books.fill(id, lots);
        books.check();
    }
    assert_eq!(books.best(book, Side::Sell), None);
}

#[test]
fn an_amend_down_keeps_the_time_of_an_order() {
    let mut books = Books::new();
    let book = books.open();
    let ids: Vec<_> = (0..2).map(|_| books.take_slot()).collect();
    books.rest(ids[0], Terms { peak: Lots::new(4), ..plain(book, Side::Buy, 10, 9) });
    books.rest(ids[1], plain(book, Side::Buy, 10, 1));
    for lots in [6, 4, 3] {
        books.shrink(ids[0], Lots::new(lots));
        books.check();
        let orders: Vec<_> = books.orders(book, Side::Buy).map(|(id, _)| id).collect();
        assert_eq!(orders, ids);
        assert_eq!(books.terms(ids[0]).unwrap().lots, Lots::new(lots));
        assert_eq!(books.shown(ids[0]), Some(Lots::new(lots.min(4))));
    }
}

#[test]
fn fetching_orders_ahead_changes_nothing() {
    let mut books = Books::new();
    let book = books.open();
    let mut ids: Vec<_> = (0..super::WARM_SLOTS_MIN).map(|_| books.take_slot()).collect();
    books.rest(ids[0], plain(book, Side::Sell, 10, 3));
    books.rest(ids[1], plain(book, Side::Sell, 10, 3));
    books.rest(ids[2], Terms { minimum: Lots::new(2), ..plain(book, Side::Sell, 10, 3) });
    books.free(ids[3]);
    let before = bytes(&books);
    ids.truncate(5);
    ids.push(OrderId::from_parts(7, u32::MAX));
    books.warm(ids.iter().copied());
    assert_eq!(before, bytes(&books));
}

#[test]
fn a_wild_price_costs_one_page_and_the_books_stay_as_they_were() {
    let mut books = Books::new();
    let book = books.open();
    for tick in 1_000..1_010 {
        let id = books.take_slot();
        books.rest(id, plain(book, Side::Sell, tick, 1));
    }
    let pages = books.pool.pages();
    let wild = books.take_slot();
    books.rest(wild, plain(book, Side::Sell, u32::MAX, 1));
    books.check();
    assert_eq!((pages, books.pool.pages()), (1, 2));
    books.unlink(wild);
    books.check();
    assert_eq!(books.pool.pages(), 1);
}
