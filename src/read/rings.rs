//! Rings of history: the newest rows of each key, bounded for each and over all.

use std::cmp::{Ordering, Reverse};
use std::collections::binary_heap::PeekMut;
use std::collections::{BinaryHeap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use crate::read::page::{Ask, PAGE_LOOKS_MAX, Page};
use crate::read::table::Map;

/// The newest rows of each key. Rows are numbered in the order in which they came, over all keys;
/// the numbers are part of the history and stay the same over a restart. Rows that are large or
/// shared are `Arc`s.
pub(crate) struct Rings<K, V> {
    rings: Map<K, VecDeque<(u64, V)>>,
    order: Mutex<Order<K>>,
    rows_per_key_max: usize,
    rows_max: usize,
}

/// What comes next, and what goes first.
struct Order<K> {
    next: u64,
    /// Rows in all rings.
    rows: usize,
    /// Every key, by the number of its oldest row or of one before it, which its own ring gave up.
    oldest: BinaryHeap<(Reverse<u64>, K)>,
}

impl<K: Copy + Hash + Ord, V: Clone> Rings<K, V> {
    pub(crate) fn new(rows_per_key_max: usize, rows_max: usize) -> Self {
        let order = Mutex::new(Order { next: 0, rows: 0, oldest: BinaryHeap::new() });
        Self { rings: Map::default(), order, rows_per_key_max, rows_max }
    }

    /// Adds a row, and hands those that are given up for it to `dropped`.
    pub(crate) fn push(&self, key: K, row: V, mut dropped: impl FnMut(&V)) {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let number = order.next;
        order.next = number.saturating_add(1);
        let mut ring = self.rings.entry(key).or_default();
        if ring.is_empty() {
            order.oldest.push((Reverse(number), key));
        }
        ring.push_back((number, row));
        if ring.len() <= self.rows_per_key_max {
            order.rows = order.rows.saturating_add(1);
        } else if let Some((_, row)) = ring.pop_front() {
            dropped(&row);
        }
        drop(ring);
        while self.rows_max < order.rows {
            let Some(row) = self.drop_oldest(&mut order.oldest) else { return };
            order.rows = order.rows.saturating_sub(1);
            dropped(&row);
        }
    }

    /// Drops the oldest row of all.
    fn drop_oldest(&self, oldest: &mut BinaryHeap<(Reverse<u64>, K)>) -> Option<V> {
        loop {
            let mut first = oldest.peek_mut()?;
            let (Reverse(listed), key) = *first;
            let mut ring = self.rings.get_mut(&key)?;
            let number = ring.front()?.0;
            if listed < number {
                first.0 = Reverse(number);
                continue;
            }
            let (_, row) = ring.pop_front()?;
            match ring.front() {
                Some((next, _)) => first.0 = Reverse(*next),
                None => {
                    drop(ring);
                    self.rings.remove(&key);
                    PeekMut::pop(first);
                }
            }
            return Some(row);
        }
    }

    /// A page of the rows of `key`, newest first, continued by their numbers.
    pub(crate) fn page(
        &self,
        key: &K,
        ask: &Ask<u64>,
        wanted: impl Fn(&V) -> bool,
    ) -> Page<V, u64> {
        let Some(ring) = self.rings.get(key) else { return Page { rows: Vec::new(), next: None } };
        let end = match ask.after {
            Some(after) => ring.partition_point(|(number, _)| *number < after),
            None => ring.len(),
        };
        let rows: Vec<(u64, V)> =
            ring.range(..end).rev().take(PAGE_LOOKS_MAX.saturating_add(1)).cloned().collect();
        drop(ring);
        let mut rows = rows.into_iter().peekable();
        let mut page = Page { rows: Vec::new(), next: None };
        let mut looked = 0_usize;
        while let Some((number, row)) = rows.next() {
            looked = looked.saturating_add(1);
            if wanted(&row) {
                page.rows.push(row);
            }
            let is_full = page.rows.len() == ask.rows() || looked == PAGE_LOOKS_MAX;
            if is_full && rows.peek().is_some() {
                page.next = Some(number);
                return page;
            }
        }
        page
    }

    /// The row of `key` that `order` finds; rows are sorted by it, oldest first.
    pub(crate) fn find(&self, key: &K, order: impl Fn(&V) -> Ordering) -> Option<V> {
        let ring = self.rings.get(key)?;
        let index = ring.binary_search_by(|(_, row)| order(row)).ok()?;
        ring.get(index).map(|(_, row)| row.clone())
    }

    /// Every row with its number and key, oldest first, and the number of the next.
    pub(crate) fn all(&self) -> (u64, Vec<(u64, K, V)>) {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<(u64, K, V)> = Vec::with_capacity(order.rows);
        for ring in &self.rings {
            rows.extend(ring.iter().map(|(number, row)| (*number, *ring.key(), row.clone())));
        }
        rows.sort_unstable_by_key(|(number, _, _)| *number);
        (order.next, rows)
    }

    /// Puts back what [`Rings::all`] gave, into empty rings.
    pub(crate) fn restore(&self, next: u64, rows: impl Iterator<Item = (u64, K, V)>) {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.next = next;
        for (number, key, row) in rows {
            order.rows = order.rows.saturating_add(1);
            let mut ring = self.rings.entry(key).or_default();
            if ring.is_empty() {
                order.oldest.push((Reverse(number), key));
            }
            ring.push_back((number, row));
        }
    }
}
