//! A table of a read model: rows by key, found at once, and listed in the order of their keys.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::mem;
use std::ops::{Bound, RangeBounds};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use dashmap::DashMap;
use foldhash::fast::RandomState;

use crate::read::page::{Ask, PAGE_LOOKS_MAX, Page};

/// Rows by an id of ours: what the market numbers needs no hash that withstands choice.
pub(crate) type Map<K, V> = DashMap<K, V, RandomState>;

/// Keys looked up at once for the newest row.
const NEWEST_KEYS: usize = 64;

/// Rows by key. One thread writes, any number read.
pub(crate) struct Table<K, V> {
    rows: Map<K, Arc<V>>,
    keys: RwLock<BTreeSet<K>>,
}

impl<K: Eq + Hash, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: Map::default(), keys: RwLock::default() }
    }
}

impl<K: Copy + Eq + Ord + Hash, V> Table<K, V> {
    /// The row of `key`.
    pub(crate) fn find(&self, key: &K) -> Option<Arc<V>> {
        self.rows.get(key).map(|row| Arc::clone(&row))
    }

    /// Puts a row in the place of the one before, and answers with that: in its very place, unless
    /// a reader holds it.
    pub(crate) fn put(&self, key: K, row: V) -> Option<V>
    where
        V: Clone,
    {
        if let Some(mut found) = self.rows.get_mut(&key) {
            return Some(match Arc::get_mut(&mut found) {
                Some(place) => mem::replace(place, row),
                None => Arc::unwrap_or_clone(mem::replace(&mut *found, Arc::new(row))),
            });
        }
        self.rows.insert(key, Arc::new(row));
        write(&self.keys).insert(key);
        None
    }

    /// Takes a row out.
    pub(crate) fn take(&self, key: &K) -> Option<Arc<V>> {
        let (_, row) = self.rows.remove(key)?;
        write(&self.keys).remove(key);
        Some(row)
    }

    /// A page of the rows whose keys lie in `keys`, as far as `wanted` picks them.
    pub(crate) fn page(
        &self,
        keys: impl RangeBounds<K>,
        ask: &Ask<K>,
        wanted: impl Fn(&V) -> bool,
    ) -> Page<Arc<V>, K> {
        let keys = keys_after(&self.keys, keys, ask);
        Page::collect(ask, keys.into_iter(), |key| self.find(key).filter(|row| wanted(row)))
    }

    /// The keys of a page, one more than it looks at.
    pub(crate) fn keys(&self, within: impl RangeBounds<K>, ask: &Ask<K>) -> Vec<K> {
        keys_after(&self.keys, within, ask)
    }

    /// Every key within these.
    pub(crate) fn within(&self, keys: impl RangeBounds<K>) -> Vec<K> {
        read(&self.keys).range(keys).copied().collect()
    }

    /// The last row whose key lies in `within` and that `is` picks. Keys are looked up a few at a
    /// time, so that the lock is held for moments.
    pub(crate) fn newest(&self, within: impl RangeBounds<K>, is: impl Fn(&V) -> bool) -> Option<K> {
        let from = within.start_bound().cloned();
        let mut to = within.end_bound().cloned();
        loop {
            if is_empty(from, to) {
                return None;
            }
            let some: Vec<K> =
                read(&self.keys).range((from, to)).rev().take(NEWEST_KEYS).copied().collect();
            let found = some.iter().find(|key| self.find(key).is_some_and(|row| is(&row)));
            match (found, some.last()) {
                (Some(key), _) => return Some(*key),
                (None, Some(last)) => to = Bound::Excluded(*last),
                (None, None) => return None,
            }
        }
    }

    /// Every row, in the order of the keys.
    pub(crate) fn all(&self) -> Vec<Arc<V>> {
        read(&self.keys).iter().filter_map(|key| self.find(key)).collect()
    }
}

/// The keys of a page, one more than it looks at. The lock is held for this copy alone.
pub(crate) fn keys_after<K: Copy + Ord>(
    keys: &RwLock<BTreeSet<K>>,
    within: impl RangeBounds<K>,
    ask: &Ask<K>,
) -> Vec<K> {
    let from = match (ask.after, within.start_bound()) {
        (Some(after), Bound::Included(start)) if after < *start => Bound::Included(*start),
        (Some(after), Bound::Excluded(start)) if after <= *start => Bound::Excluded(*start),
        (Some(after), _) => Bound::Excluded(after),
        (None, start) => start.cloned(),
    };
    let to = within.end_bound().cloned();
    if is_empty(from, to) {
        return Vec::new();
    }
    read(keys).range((from, to)).take(PAGE_LOOKS_MAX.saturating_add(1)).copied().collect()
}

/// Whether no key lies between; a `BTreeSet` panics where a range is reversed.
fn is_empty<K: Ord>(from: Bound<K>, to: Bound<K>) -> bool {
    match (from, to) {
        (Bound::Included(from), Bound::Included(to)) => to < from,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Excluded(to))
        | (Bound::Excluded(from), Bound::Included(to)) => to <= from,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}

pub(crate) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
