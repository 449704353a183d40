//! Counting holders (持有人数), rule A3: products count as the investors behind them.
//!
//! A party is a holder of a fund while it holds any of its units, in whatever state.

use crate::amount::Units;
use crate::id::{FundId, PartyId};
use crate::market::Market;
use crate::registry::fund::Fund;
use crate::registry::party::Party;
use crate::reject::Reject;

/// A3: most holders of `fund`: the law's cap for its form, or its agreement's where that is lower.
#[inline]
pub(crate) fn cap(market: &Market, fund: &Fund) -> Result<u32, Reject> {
    let pack = &market.segment(fund.details.segment)?.pack;
    let law = fund.details.legal_form.holder_cap(&pack.holder_caps);
    Ok(fund.details.holder_cap.map_or(law, |agreed| agreed.min(law)))
}

/// A3: holders of `fund` once `leaves` of them are gone and `joins` more have come.
///
/// Who joins nobody new is never refused, even where the cap has sunk below the count.
///
/// # Errors
///
/// [`Reject::HolderCap`] if those who join do not fit.
#[inline]
pub(crate) fn holder_cap_after(
    market: &Market,
    fund: FundId,
    joins: u32,
    leaves: u32,
) -> Result<u32, Reject> {
    let record = market.fund(fund)?;
    let holders = record.holders.checked_sub(leaves).expect("who leaves was counted");
    if joins == 0 {
        return Ok(holders);
    }
    let cap = cap(market, record)?;
    match holders.checked_add(joins) {
        Some(after) if after <= cap => Ok(after),
        Some(_) | None => Err(Reject::HolderCap { fund, holders, joins, cap }),
    }
}

/// A3: what a party that holds `held` units adds to the count by holding more: nothing if it holds
/// some already.
#[inline]
pub(crate) fn joining(party: &Party, held: Units) -> u32 {
    if held == Units::ZERO { party.details.look_through } else { 0 }
}

/// A3: counts `party` in or out after its holding went from `before` to `after` units.
#[inline]
pub(crate) fn recount(
    market: &mut Market,
    party: PartyId,
    fund: FundId,
    before: Units,
    after: Units,
) {
    let held = [before, after].map(|units| units != Units::ZERO);
    if held[0] == held[1] {
        return;
    }
    let look_through = market.party(party).expect("a holder is registered").details.look_through;
    let holders = &mut market.fund_mut(fund).holders;
    *holders = match held {
        [false, true] => holders.checked_add(look_through).expect("at most the cap"),
        [true, false] => holders.checked_sub(look_through).expect("who leaves was counted"),
        [true, true] | [false, false] => *holders,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{ALICE, BOB, CAROL, FUND, trading, units};
    use crate::policy::HOLDER_CAP_MAX;

    #[test]
    fn a3_who_leaves_makes_room_for_who_comes() {
        let mut market = trading();
        market.fund_mut(FUND).details.holder_cap = Some(2);
        let joins = |party| {
            let held = market.register.holding(party, FUND).total();
            joining(market.party(party).unwrap(), held)
        };
        assert_eq!(joins(CAROL), 3);
        assert_eq!(joins(ALICE), 0);
        let full = |holders, joins| Err(Reject::HolderCap { fund: FUND, holders, joins, cap: 2 });
        assert_eq!(holder_cap_after(&market, FUND, 1, 0), full(2, 1));
        assert_eq!(holder_cap_after(&market, FUND, 1, 1), Ok(2));
        assert_eq!(holder_cap_after(&market, FUND, 3, 1), full(1, 3));
        assert_eq!(holder_cap_after(&market, FUND, u32::MAX, 0), full(2, u32::MAX));
        let unknown = FundId::new(9);
        let reject = Err(Reject::FundNotFound { fund: unknown });
        assert_eq!(holder_cap_after(&market, unknown, 0, 0), reject);
    }

    #[test]
    fn a3_a_cap_that_sinks_below_the_count_binds_newcomers_only() {
        let mut market = trading();
        market.fund_mut(FUND).details.holder_cap = Some(1);
        assert_eq!(holder_cap_after(&market, FUND, 0, 0), Ok(2));
        assert_eq!(holder_cap_after(&market, FUND, 1, 1).unwrap_err().name(), "HOLDER_CAP");
    }

    #[test]
    fn a3_the_lower_of_law_and_agreement_is_the_cap() {
        let mut market = trading();
        let of = |market: &Market| cap(market, market.fund(FUND).unwrap()).unwrap();
        assert_eq!(of(&market), 50);
        market.fund_mut(FUND).details.holder_cap = Some(10);
        assert_eq!(of(&market), 10);
        market.fund_mut(FUND).details.holder_cap = Some(HOLDER_CAP_MAX);
        assert_eq!(of(&market), 50);
    }

    #[test]
    fn a3_a_holder_counts_from_its_first_unit_to_its_last() {
        let mut market = trading();
        let mut count = |party, before, after| {
            recount(&mut market, party, FUND, units(before), units(after));
            market.fund(FUND).unwrap().holders
        };
        assert_eq!(count(CAROL, 0, 5), 5);
        assert_eq!(count(CAROL, 5, 1), 5);
        assert_eq!(count(CAROL, 1, 0), 2);
        assert_eq!(count(CAROL, 0, 0), 2);
        assert_eq!(count(BOB, 7, 0), 1);
    }
}
