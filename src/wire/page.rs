//! Pages of lists: sizes, and tokens that stay good over a restart.

use sfund_engine::id::{
    BidId, FundId, IntentionId, ListingId, LockId, OfferId, OrderId, PartyId, ProposalId,
    SegmentId, Sequence, TransferId,
};
use sfund_engine::registry::fund::Currency;

use crate::read::page::{Ask, PAGE_ROWS_MAX, Page};
use crate::wire::fields::{Fields, Malformed};

/// What continues a list.
pub trait Key: Sized {
    /// The key as a token.
    fn token(&self) -> String;
    /// The key of a token.
    fn read(token: &str) -> Option<Self>;
}

macro_rules! ids {
    ($($id:ident)*) => {$(
        impl Key for $id {
            fn token(&self) -> String {
                self.to_string()
            }

            fn read(token: &str) -> Option<Self> {
                token.parse().ok()
            }
        }
    )*};
}

ids! { BidId FundId IntentionId ListingId LockId OfferId OrderId PartyId ProposalId SegmentId Sequence TransferId }

impl Key for u64 {
    fn token(&self) -> String {
        format!("row-{self}")
    }

    fn read(token: &str) -> Option<Self> {
        token.strip_prefix("row-")?.parse().ok()
    }
}

impl Key for Currency {
    fn token(&self) -> String {
        self.to_string()
    }

    fn read(token: &str) -> Option<Self> {
        Self::new(token)
    }
}

impl Key for [u8; 32] {
    fn token(&self) -> String {
        self.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn read(token: &str) -> Option<Self> {
        if token.len() != 64 || !token.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let from = index.checked_mul(2)?;
            *byte = u8::from_str_radix(token.get(from..from.checked_add(2)?)?, 16).ok()?;
        }
        Some(bytes)
    }
}

/// Who looked at which document.
impl Key for (PartyId, [u8; 32]) {
    fn token(&self) -> String {
        format!("{}.{}", self.0, self.1.token())
    }

    fn read(token: &str) -> Option<Self> {
        let (party, document) = token.split_once('.')?;
        Some((party.parse().ok()?, Key::read(document)?))
    }
}

/// Which part of a list a request wants.
///
/// # Errors
///
/// [`Malformed`] if the size is negative or the token is not of this list.
pub fn ask<K: Key>(page_size: i32, page_token: &str) -> Result<Ask<K>, Malformed> {
    let mut fields = Fields::default();
    let rows_max = usize::try_from(page_size).unwrap_or_else(|_| {
        fields.note("page_size", format_args!("must be from 0 to {PAGE_ROWS_MAX}"));
        0
    });
    let after = if page_token.is_empty() { None } else { K::read(page_token) };
    if after.is_none() && !page_token.is_empty() {
        fields.note("page_token", "is none of this list");
    }
    fields.done(Ask { after, rows_max })
}

/// The rows of a page as messages, and the token of the next.
pub fn rows<T, K: Key, M>(page: Page<T, K>, row: impl FnMut(T) -> M) -> (Vec<M>, String) {
    let next = page.next.map_or_else(String::new, |key| key.token());
    (page.rows.into_iter().map(row).collect(), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_continues_its_own_list_and_no_other() {
        let token = PartyId::new(7).token();
        assert_eq!(ask::<PartyId>(0, &token).unwrap().after, Some(PartyId::new(7)));
        assert!(ask::<FundId>(0, &token).is_err());
        assert!(ask::<u64>(0, &token).is_err());
        let hash: [u8; 32] = std::array::from_fn(|index| u8::try_from(index).unwrap() ^ 0xA5);
        assert_eq!(ask::<[u8; 32]>(0, &hash.token()).unwrap().after, Some(hash));
        assert_eq!(ask::<u64>(5, "").unwrap(), Ask { after: None, rows_max: 5 });
        assert_eq!(ask::<u64>(-1, "x").unwrap_err().0.len(), 2);
    }
}
