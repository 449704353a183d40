//! What a reader may look at of call auctions.

use std::collections::BTreeMap;

use super::crowd::{Crowd, print_of, ticks};
use super::print::reference;
use super::{CallAuction, Print};
use crate::id::{CallId, FundId};
use crate::market::Market;

impl Market {
    /// Every call that is not over (集合竞价), by number.
    #[must_use]
    pub const fn calls(&self) -> &BTreeMap<CallId, CallAuction> {
        self.calls.records()
    }

    /// The call of this id (集合竞价), if it is not over.
    #[must_use]
    pub fn call_at(&self, call: CallId) -> Option<&CallAuction> {
        self.calls.records().get(&call)
    }

    /// The call of a fund (集合竞价), if it has one.
    #[must_use]
    pub fn call_of(&self, fund: FundId) -> Option<CallId> {
        self.calls.of_fund(fund)
    }

    /// What a call would print if it closed now (虚拟参考价): who may no longer trade is not left
    /// out yet. `None` if nobody meets anybody, or there is no fresh reference price (G4).
    ///
    /// Once it has printed, what it did.
    #[must_use]
    pub fn indication(&self, call: CallId) -> Option<Print> {
        let record = self.call_at(call)?;
        if let Some((print, _)) = record.print {
            return Some(print);
        }
        let fund = self.fund(record.terms.fund).ok()?;
        let reference = reference(fund, self.now)?;
        let cleared = Crowd::of(record, fund).clear(&record.rules, ticks(fund, reference))?;
        Some(print_of(fund, &cleared, reference))
    }
}
