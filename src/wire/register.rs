//! The register: holdings and their statements.

use sfund_engine::id::{FundId, PartyId};
use sfund_engine::registry::holding::Holding;
use sfund_proto::v1;

use crate::read::views::{Buckets, Cause, RegisterLine};
use crate::wire::fields::{write_date, write_time};

/// A holding.
#[must_use]
pub fn holding(holding: &Holding) -> v1::Holding {
    v1::Holding {
        party_id: holding.party.to_string(),
        fund_id: holding.fund.to_string(),
        available: holding.available.to_string(),
        offered: holding.offered.to_string(),
        pledged: holding.pledged.to_string(),
        frozen: holding.frozen.to_string(),
        total: holding.total().to_string(),
        last_bought: write_date(holding.last_bought),
        last_sold: write_date(holding.last_sold),
    }
}

/// The holding of a party that never held units of the fund.
#[must_use]
pub fn no_holding(party: PartyId, fund: FundId) -> v1::Holding {
    let none = sfund_engine::amount::Units::ZERO.to_string();
    v1::Holding {
        party_id: party.to_string(),
        fund_id: fund.to_string(),
        available: none.clone(),
        offered: none.clone(),
        pledged: none.clone(),
        frozen: none.clone(),
        total: none,
        last_bought: String::new(),
        last_sold: String::new(),
    }
}

/// A line of the register's statement.
#[must_use]
pub fn register_line(party: PartyId, fund: FundId, line: &RegisterLine) -> v1::StatementEntry {
    let (what, id) = cause(line.cause);
    v1::StatementEntry {
        sequence: line.stamp.sequence.number(),
        time: Some(write_time(line.stamp.at)),
        party_id: party.to_string(),
        fund_id: fund.to_string(),
        cause: what.into(),
        cause_id: id,
        before: Some(units_by_state(line.before)),
        after: Some(units_by_state(line.after)),
    }
}

/// Units by state.
#[must_use]
pub fn units_by_state(units: Buckets) -> v1::UnitsByState {
    v1::UnitsByState {
        available: units.available.to_string(),
        offered: units.offered.to_string(),
        pledged: units.pledged.to_string(),
        frozen: units.frozen.to_string(),
    }
}

/// What changed a holding or an account, and the id of what it happened to.
#[must_use]
pub fn cause(cause: Cause) -> (v1::StatementCause, String) {
    match cause {
        Cause::Issued => (v1::StatementCause::Issued, String::new()),
        Cause::Placed(order) => (v1::StatementCause::OrderPlaced, order.to_string()),
        Cause::Amended(order) => (v1::StatementCause::OrderAmended, order.to_string()),
        Cause::Closed(order) => (v1::StatementCause::OrderClosed, order.to_string()),
        Cause::Decremented(order) => (v1::StatementCause::OrderDecremented, order.to_string()),
        Cause::Traded(trade) => (v1::StatementCause::Traded, trade.to_string()),
        Cause::Locked(lock) => (v1::StatementCause::UnitsLocked, lock.to_string()),
        Cause::Unlocked(lock) => (v1::StatementCause::UnitsUnlocked, lock.to_string()),
        Cause::TransferRequested(id) => (v1::StatementCause::TransferRequested, id.to_string()),
        Cause::TransferSettled(id) => (v1::StatementCause::TransferSettled, id.to_string()),
        Cause::Listed(listing) => (v1::StatementCause::UnitsListed, listing.to_string()),
        Cause::Unlisted(listing) => (v1::StatementCause::UnitsUnlisted, listing.to_string()),
        Cause::DepositHeld(listing) => (v1::StatementCause::DepositHeld, listing.to_string()),
        Cause::DepositReturned(listing) => {
            (v1::StatementCause::DepositReturned, listing.to_string())
        }
        Cause::DepositForfeited(listing) => {
            (v1::StatementCause::DepositForfeited, listing.to_string())
        }
        Cause::CallPlaced(call) => (v1::StatementCause::CallOrderPlaced, call.to_string()),
        Cause::CallReleased(call) => (v1::StatementCause::CallOrderClosed, call.to_string()),
    }
}
