//! Pages of lists: bounded, and continued by a key that stays good over a restart.

use std::sync::Arc;

/// Most rows of a page.
pub const PAGE_ROWS_MAX: usize = 1_000;
/// Rows of a page whose size was not said.
pub const PAGE_ROWS_USUAL: usize = 100;
/// Most rows looked at for one page; a filter that matches few gives a short page and goes on.
pub const PAGE_LOOKS_MAX: usize = 10_000;

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, K> {
    /// The rows.
    pub rows: Vec<T>,
    /// The key after which the next page begins; `None` if this is the last.
    pub next: Option<K>,
}

/// What part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask<K> {
    /// The key after which the page begins; `None` is the beginning.
    pub after: Option<K>,
    /// Most rows; 0 is [`PAGE_ROWS_USUAL`], and more than [`PAGE_ROWS_MAX`] is that.
    pub rows_max: usize,
}

impl<K> Ask<K> {
    /// The first page, of the usual size.
    #[must_use]
    pub const fn first() -> Self {
        Self { after: None, rows_max: 0 }
    }

    /// The page after `key`.
    #[must_use]
    pub const fn after(key: K, rows_max: usize) -> Self {
        Self { after: Some(key), rows_max }
    }

    pub(crate) const fn rows(&self) -> usize {
        match self.rows_max {
            0 => PAGE_ROWS_USUAL,
            rows if PAGE_ROWS_MAX < rows => PAGE_ROWS_MAX,
            rows => rows,
        }
    }
}

impl<T, K> Page<T, K> {
    /// The same rows, to hand around.
    pub(crate) fn shared(self) -> Page<Arc<T>, K> {
        Page { rows: self.rows.into_iter().map(Arc::new).collect(), next: self.next }
    }

    /// The page of what comes from `rows`, whose keys continue it, as far as `wanted` picks.
    pub(crate) fn collect(
        ask: &Ask<K>,
        keys: impl Iterator<Item = K>,
        mut row: impl FnMut(&K) -> Option<T>,
    ) -> Self
    where
        K: Clone,
    {
        let mut page = Self { rows: Vec::new(), next: None };
        let mut last = None;
        for (looked, key) in keys.enumerate() {
            if page.rows.len() == ask.rows() || looked == PAGE_LOOKS_MAX {
                page.next = last;
                return page;
            }
            if let Some(found) = row(&key) {
                page.rows.push(found);
            }
            last = Some(key);
        }
        page
    }
}
