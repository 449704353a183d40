//! Counting holders (持有人人数), rule A3.
//!
//! A holder counts as the investors behind it, from its first unit to its last.

use crate::id::{FundId, PartyId};
use crate::market::Market;
use crate::policy::Pack;
use crate::registry::fund::Fund;

/// Most holders of a fund, looked through: the law's cap or the fund's own, where that is lower.
pub(crate) fn cap(fund: &Fund, pack: &Pack) -> u32 {
    let law = fund.details.legal_form.holder_cap(&pack.holder_caps);
    fund.details.holder_cap.map_or(law, |own| own.min(law))
}

/// A party that held nothing of the fund now holds some.
pub(crate) fn join(market: &mut Market, fund: FundId, party: PartyId) {
    let joins = look_through(market, party);
    let fund = market.fund_mut(fund);
    fund.holders = fund.holders.checked_add(joins).expect("holders of a fund fit");
}

/// A party that held some of the fund now holds nothing.
pub(crate) fn leave(market: &mut Market, fund: FundId, party: PartyId) {
    let leaves = look_through(market, party);
    let fund = market.fund_mut(fund);
    fund.holders = fund.holders.checked_sub(leaves).expect("who leaves was counted");
}

fn look_through(market: &Market, party: PartyId) -> u32 {
    market.party(party).expect("a holder is registered").details.look_through
}
