//! What is true of the books at all times, for tests.

use std::collections::BTreeMap;

use super::ladder::NONE;
use super::pool::Pool;
use super::slab::{Kind, NOBODY, Place, Queue, index};
use super::terms::BookId;
use super::{Book, Books};
use crate::trading::side::Side;

impl Books {
    /// Checks everything that the books keep twice. Looks at every slot.
    ///
    /// # Panics
    ///
    /// If a queue does not sum and count its orders, a link leads astray, the best price is not
    /// the best, a page is lost, or unconditional orders cross.
    pub fn check(&self) {
        let mut seen = vec![false; index(self.slots())];
        assert!(self.slab.node(NOBODY).place == Place::RETIRED, "slot 0 is nobody's");
        let mut slot = self.slab.top();
        while slot != NOBODY {
            assert!(!std::mem::replace(&mut seen[index(slot)], true), "a slot is free once");
            assert!(self.slab.node(slot).place == Place::FREE, "a free slot says so");
            slot = self.slab.node(slot).next;
        }
        let mut pages = 0u32;
        for (number, book) in (0..).zip(&self.books) {
            let id = BookId::new(number);
            for side in Side::BOTH {
                pages = pages.saturating_add(self.check_ladder(id, book, side, &mut seen));
                self.check_aside(id, book, side, &mut seen);
            }
            if let Some(buy) = self.best(id, Side::Buy) {
                assert!(!book.crosses(Side::Buy, buy), "unconditional orders never cross");
            }
            let empty = |aside: &super::Aside| aside.iter().all(BTreeMap::is_empty);
            assert!(!book.aside.as_deref().is_some_and(empty), "an idle book holds no room aside");
        }
        assert!(pages == self.pool.pages(), "a page that is in use has orders");
        let ladders = self.books.iter().flat_map(|book| &book.ladders);
        let trees = ladders.filter(|ladder| ladder.best != NONE).count();
        assert!(self.pool.is_forest(trees), "a fork that is in use leads to a page");
        for (slot, seen) in (0..).zip(seen) {
            let place = self.slab.node(slot).place;
            assert!(
                seen == (place.is_resting() || place == Place::FREE),
                "a slot is free, or queued, or neither"
            );
        }
    }

    /// The number of pages that the ladder uses.
    fn check_ladder(&self, id: BookId, book: &Book, side: Side, seen: &mut [bool]) -> u32 {
        let (mut before, mut page, mut pages) = (None, None, 0u32);
        let ladder = book.ladder(side);
        assert!(ladder.is_low(&self.pool), "a root spans no more than it must");
        for level in ladder.levels(&self.pool) {
            let key = self.pool.key(level);
            assert!(before < Some(key), "levels go from better to worse");
            assert!(before.is_some() || ladder.best == u64::from(key), "the best is the first");
            if page.replace(Pool::page(level)) != Some(Pool::page(level)) {
                pages = pages.saturating_add(1);
            }
            before = Some(key);
            let place = Place::resting(id, side, Kind::Plain);
            self.check_queue(self.pool.queue(level), place, level, seen);
        }
        assert!(before.is_some() || ladder.best == NONE, "an empty ladder has no best");
        pages
    }

    fn check_aside(&self, id: BookId, book: &Book, side: Side, seen: &mut [bool]) {
        for (&key, queue) in book.aside(side).into_iter().flatten() {
            let place = Place::resting(id, side, Kind::Aside);
            self.check_queue(queue, place, key, seen);
        }
    }

    fn check_queue(&self, queue: &Queue, place: Place, level: u32, seen: &mut [bool]) {
        assert!(!queue.is_empty(), "a queue that is kept has orders");
        let (mut before, mut sum, mut orders) = (NOBODY, 0u64, 0u32);
        for (slot, node) in self.slab.queued(*queue) {
            assert!(!std::mem::replace(&mut seen[index(slot)], true), "an order rests once");
            assert!(node.place == place && node.level == level, "an order knows its place");
            assert!(std::mem::replace(&mut before, slot) == node.prev, "links go both ways");
            assert!(node.shown != 0, "a resting order has something to offer");
            let whole = match place.kind() {
                Kind::Plain => node.clause == 0,
                Kind::Aside => true,
            };
            assert!(!whole || node.hidden == 0, "only an iceberg hides lots");
            assert!(whole || node.shown <= node.clause, "an iceberg shows at most its peak");
            sum = sum.saturating_add(u64::from(node.shown));
            orders = orders.saturating_add(1);
        }
        assert!(sum == queue.lots && before == queue.tail, "a queue sums its orders");
        assert!(orders == queue.orders, "a queue counts its orders");
    }
}
