//! Rings of history: the newest rows of each key, bounded for each and over all.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use dashmap::DashMap;

use crate::read::page::{Ask, Page};

/// The newest rows of each key. Rows are numbered in the order in which they came, over all keys;
/// the numbers are part of the history and stay the same over a restart.
pub(crate) struct Rings<K, V> {
    rings: DashMap<K, VecDeque<(u64, Arc<V>)>>,
    order: Mutex<Order<K>>,
    rows_per_key_max: usize,
    rows_max: usize,
}

/// Which key each row has, oldest first. A row that its own ring gave up may still be listed.
struct Order<K> {
    next: u64,
    keys: VecDeque<(u64, K)>,
    /// Rows in all rings.
    rows: usize,
}

impl<K: Copy + Eq + Hash, V> Rings<K, V> {
    pub(crate) fn new(rows_per_key_max: usize, rows_max: usize) -> Self {
        let order = Mutex::new(Order { next: 0, keys: VecDeque::new(), rows: 0 });
        Self { rings: DashMap::new(), order, rows_per_key_max, rows_max }
    }

    /// Adds a row, and hands those that are given up for it to `dropped`.
    pub(crate) fn push(&self, key: K, row: Arc<V>, mut dropped: impl FnMut(&V)) {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let number = order.next;
        order.next = number.saturating_add(1);
        order.keys.push_back((number, key));
        let mut ring = self.rings.entry(key).or_default();
        ring.push_back((number, row));
        if ring.len() <= self.rows_per_key_max {
            order.rows = order.rows.saturating_add(1);
        } else if let Some((_, row)) = ring.pop_front() {
            dropped(&row);
        }
        drop(ring);
        while self.rows_max < order.rows {
            let Some((number, key)) = order.keys.pop_front() else { return };
            if let Some(row) = self.drop_oldest(&key, number) {
                order.rows = order.rows.saturating_sub(1);
                dropped(&row);
            }
        }
        // Rows that their own ring gave up are listed at most as often as others.
        if self.rows_max.saturating_mul(2) < order.keys.len() {
            order.keys.retain(|(number, key)| self.is_kept(key, *number));
        }
    }

    /// Drops the row of this number if it is still there; then it is the oldest of its ring.
    fn drop_oldest(&self, key: &K, number: u64) -> Option<Arc<V>> {
        let mut ring = self.rings.get_mut(key)?;
        let is_oldest = ring.front().is_some_and(|(oldest, _)| *oldest == number);
        let (_, row) = if is_oldest { ring.pop_front()? } else { return None };
        let is_empty = ring.is_empty();
        drop(ring);
        if is_empty {
            self.rings.remove(key);
        }
        Some(row)
    }

    fn is_kept(&self, key: &K, number: u64) -> bool {
        let ring = self.rings.get(key);
        ring.is_some_and(|ring| ring.front().is_some_and(|(oldest, _)| *oldest <= number))
    }

    /// A page of the rows of `key`, newest first, continued by their numbers.
    pub(crate) fn page(
        &self,
        key: &K,
        ask: &Ask<u64>,
        wanted: impl Fn(&V) -> bool,
    ) -> Page<Arc<V>, u64> {
        let Some(ring) = self.rings.get(key) else { return Page { rows: Vec::new(), next: None } };
        let end = match ask.after {
            Some(after) => ring.partition_point(|(number, _)| *number < after),
            None => ring.len(),
        };
        let rows: Vec<(u64, Arc<V>)> = ring
            .range(..end)
            .rev()
            .take(crate::read::page::PAGE_LOOKS_MAX.saturating_add(1))
            .cloned()
            .collect();
        drop(ring);
        let mut rows = rows.into_iter().peekable();
        let mut page = Page { rows: Vec::new(), next: None };
        let mut looked = 0_usize;
        while let Some((number, row)) = rows.next() {
            looked = looked.saturating_add(1);
            if wanted(&row) {
                page.rows.push(row);
            }
            let is_full =
                page.rows.len() == ask.rows() || looked == crate::read::page::PAGE_LOOKS_MAX;
            if is_full && rows.peek().is_some() {
                page.next = Some(number);
                return page;
            }
        }
        page
    }

    /// The row of `key` that `order` finds; rows are sorted by it, oldest first.
    pub(crate) fn find(&self, key: &K, order: impl Fn(&V) -> Ordering) -> Option<Arc<V>> {
        let ring = self.rings.get(key)?;
        let index = ring.binary_search_by(|(_, row)| order(row)).ok()?;
        ring.get(index).map(|(_, row)| Arc::clone(row))
    }

    /// Every row with its number and key, oldest first, and the number of the next.
    pub(crate) fn all(&self) -> (u64, Vec<(u64, K, Arc<V>)>) {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<(u64, K, Arc<V>)> = Vec::new();
        for ring in &self.rings {
            rows.extend(ring.iter().map(|(number, row)| (*number, *ring.key(), Arc::clone(row))));
        }
        rows.sort_unstable_by_key(|(number, _, _)| *number);
        (order.next, rows)
    }

    /// Puts back what [`Rings::all`] gave, into empty rings.
    pub(crate) fn restore(&self, next: u64, rows: impl Iterator<Item = (u64, K, Arc<V>)>) {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.next = next;
        for (number, key, row) in rows {
            order.keys.push_back((number, key));
            order.rows = order.rows.saturating_add(1);
            self.rings.entry(key).or_default().push_back((number, row));
        }
    }
}
