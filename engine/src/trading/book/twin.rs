//! The slow, obvious twin of the books: two sorted lists per book, everything else recomputed.

#![allow(clippy::arithmetic_side_effects)]

use super::slab::index;
use super::{BookId, Level, Lots, Maker, Take, Terms, Tick};
use crate::id::OrderId;
use crate::policy::PASSES_MAX;
use crate::trading::side::Side;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) id: OrderId,
    pub(super) terms: Terms,
    /// What it has to offer now.
    pub(super) offer: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Free,
    Reserved,
    Resting,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Twin {
    slots: Vec<(u32, Slot)>,
    free: Vec<u32>,
    /// Orders of both sides of each book, sorted by priority.
    books: Vec<[Vec<Order>; 2]>,
}

fn of(side: Side) -> usize {
    usize::from(side == Side::Sell)
}

/// Lower comes first.
fn priority(terms: &Terms) -> (i64, bool) {
    let tick = i64::from(terms.tick.number());
    (if terms.side == Side::Buy { -tick } else { tick }, terms.minimum != Lots::ZERO)
}

fn tranche(terms: &Terms) -> u32 {
    let lots = terms.lots.number();
    if terms.peak == Lots::ZERO { lots } else { lots.min(terms.peak.number()) }
}

fn insert(list: &mut Vec<Order>, order: Order) {
    let rank = priority(&order.terms);
    let at = list.iter().take_while(|other| priority(&other.terms) <= rank).count();
    list.insert(at, order);
}

/// Takes `lots` from the order at `at`; if it comes again, it is last at its price.
fn take(list: &mut Vec<Order>, at: usize, lots: u32) {
    let order = &mut list[at];
    order.offer -= lots;
    order.terms.lots = Lots::new(order.terms.lots.number() - lots);
    if order.offer == 0 {
        let mut order = list.remove(at);
        if order.terms.lots != Lots::ZERO {
            order.offer = tranche(&order.terms);
            insert(list, order);
        }
    }
}

impl Twin {
    pub(super) fn open(&mut self) {
        self.books.push([Vec::new(), Vec::new()]);
    }

    pub(super) fn next_id(&self) -> OrderId {
        match self.free.last() {
            Some(&slot) => OrderId::from_parts(self.slots[index(slot)].0, slot),
            None => OrderId::from_parts(0, u32::try_from(self.slots.len().max(1)).unwrap()),
        }
    }

    pub(super) fn take_slot(&mut self) -> OrderId {
        let id = self.next_id();
        if self.free.pop().is_none() {
            self.slots.resize(index(id.slot()) + 1, (0, Slot::Free));
        }
        self.slots[index(id.slot())].1 = Slot::Reserved;
        id
    }

    pub(super) fn is_open(&self, id: OrderId) -> bool {
        self.slots
            .get(index(id.slot()))
            .is_some_and(|&(generation, slot)| generation == id.generation() && slot != Slot::Free)
    }

    pub(super) fn in_use(&self) -> Vec<OrderId> {
        let slots = (0..).zip(&self.slots).filter(|(_, (_, slot))| *slot != Slot::Free);
        slots.map(|(slot, &(generation, _))| OrderId::from_parts(generation, slot)).collect()
    }

    pub(super) fn reserved(&self) -> Vec<OrderId> {
        let slots = (0..).zip(&self.slots).filter(|(_, (_, slot))| *slot == Slot::Reserved);
        slots.map(|(slot, &(generation, _))| OrderId::from_parts(generation, slot)).collect()
    }

    pub(super) fn resting(&self) -> Vec<Order> {
        self.books.iter().flatten().flatten().copied().collect()
    }

    pub(super) fn orders(&self, book: BookId, side: Side) -> &[Order] {
        &self.books[index(book.number())][of(side)]
    }

    fn place(&mut self, id: OrderId) -> (&mut Vec<Order>, usize) {
        let mut lists = self.books.iter_mut().flatten();
        let list = lists.find(|list| list.iter().any(|order| order.id == id)).unwrap();
        let at = list.iter().position(|order| order.id == id).unwrap();
        (list, at)
    }

    pub(super) fn rest(&mut self, id: OrderId, terms: Terms) {
        let list = &mut self.books[index(terms.book.number())][of(terms.side)];
        insert(list, Order { id, terms, offer: tranche(&terms) });
        self.slots[index(id.slot())].1 = Slot::Resting;
    }

    pub(super) fn fill(&mut self, id: OrderId, lots: Lots) {
        let (list, at) = self.place(id);
        take(list, at, lots.number());
        if !list.iter().any(|order| order.id == id) {
            self.slots[index(id.slot())].1 = Slot::Reserved;
        }
    }

    pub(super) fn shrink(&mut self, id: OrderId, lots: Lots) {
        let (list, at) = self.place(id);
        list[at].terms.lots = lots;
        list[at].offer = list[at].offer.min(lots.number());
    }

    pub(super) fn unlink(&mut self, id: OrderId) {
        let (list, at) = self.place(id);
        list.remove(at);
        self.slots[index(id.slot())].1 = Slot::Reserved;
    }

    pub(super) fn free(&mut self, id: OrderId) {
        self.slots[index(id.slot())] = (id.generation() + 1, Slot::Free);
        self.free.push(id.slot());
    }

    pub(super) fn depth(&self, book: BookId, side: Side) -> Vec<Level> {
        let mut levels: Vec<Level> = Vec::new();
        for order in self.orders(book, side) {
            let Terms { tick, minimum, .. } = order.terms;
            if minimum == Lots::ZERO {
                if levels.last().is_none_or(|level| level.tick != tick) {
                    levels.push(Level { tick, lots: 0, orders: 0 });
                }
                let level = levels.last_mut().unwrap();
                level.lots += u64::from(order.offer);
                level.orders += 1;
            }
        }
        levels
    }

    pub(super) fn best(&self, book: BookId, side: Side) -> Option<Tick> {
        self.depth(book, side).first().map(|level| level.tick)
    }

    /// Trades on a copy, as if every answer happened.
    pub(super) fn walk(
        &self,
        book: BookId,
        taker: Side,
        limit: Tick,
        mut visit: impl FnMut(Maker) -> Take,
    ) {
        let mut list = self.orders(book, taker.opposite()).to_vec();
        list.retain(|order| match taker {
            Side::Buy => order.terms.tick <= limit,
            Side::Sell => limit <= order.terms.tick,
        });
        let (mut at, mut passes) = (0, 0);
        while at < list.len() {
            let Order { id, terms, offer } = list[at];
            let (lots, minimum) = (Lots::new(offer), terms.minimum.min(terms.lots));
            if minimum != Lots::ZERO && passes == PASSES_MAX {
                at += 1;
                continue;
            }
            match visit(Maker { id, tick: terms.tick, lots, minimum }) {
                Take::Lots(taken) if taken == lots => take(&mut list, at, offer),
                Take::Pass => {
                    at += 1;
                    passes += u32::from(minimum != Lots::ZERO);
                }
                Take::Lots(_) => at += 1,
                Take::Gone => drop(list.remove(at)),
                Take::Last(_) | Take::Stop => return,
            }
        }
    }
}
