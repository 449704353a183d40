//! The register: who holds how many units of what, and why (份额登记).

use sfund_engine::amount::Units;
use sfund_engine::id::{FundId, PartyId, Sequence};
use sfund_engine::registry::holding::Holding;
use sfund_engine::time::Time;
use sfund_proto::v1;

use crate::ask::{List, Query};
use crate::client::Client;
use crate::error::Unreadable;
use crate::wire::{self, Twin, read, some};

/// Holdings and the statements that explain them.
#[derive(Clone, Debug)]
pub struct Register {
    client: Client,
}

/// What changed a holding or a cash account (变动原因).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Units were issued (份额发行).
    Issued,
    /// An order was placed and holds what it needs (委托占用).
    OrderPlaced,
    /// An order was amended.
    OrderAmended,
    /// An order closed and gave back what it held.
    OrderClosed,
    /// Self-trade prevention took units off an order.
    OrderDecremented,
    /// A trade (成交).
    Traded,
    /// Units were locked (质押、冻结).
    UnitsLocked,
    /// A lock was released (解除).
    UnitsUnlocked,
    /// A transfer was asked for (出入金申请).
    TransferRequested,
    /// A transfer was settled (银行确认).
    TransferSettled,
    /// A listing was submitted and holds its units.
    UnitsListed,
    /// A listing ended and gave its units back.
    UnitsUnlisted,
    /// A bidder's deposit was held.
    DepositHeld,
    /// A bidder's deposit went back.
    DepositReturned,
    /// A bidder's deposit, or a part of it, was forfeited.
    DepositForfeited,
    /// An order of a call auction was placed and holds what it needs.
    CallOrderPlaced,
    /// An order of a call auction gave back what it does not need.
    CallOrderClosed,
}

/// Units of a holding by state (rule E5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitsByState {
    /// Free to sell (可用).
    pub available: Units,
    /// In open sell orders (委托占用).
    pub offered: Units,
    /// Under pledge (质押).
    pub pledged: Units,
    /// Under a freeze (冻结).
    pub frozen: Units,
}

/// One change of a holding (登记变动).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementEntry {
    /// Entry in which it happened.
    pub sequence: Sequence,
    /// When.
    pub time: Time,
    /// Holder of record.
    pub party: PartyId,
    /// Fund.
    pub fund: FundId,
    /// What happened.
    pub cause: Cause,
    /// Id of the order, trade or lock that it happened to; empty where there is none.
    pub cause_id: String,
    /// Units before.
    pub before: UnitsByState,
    /// Units after.
    pub after: UnitsByState,
}

impl Register {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// The caller's holding in a fund.
    pub fn holding(&self, fund: FundId) -> Query<Holding> {
        self.ask_holding(String::new(), fund)
    }

    /// The holding of a party in a fund: for its member, the fund's manager and the venue.
    pub fn holding_of(&self, party: PartyId, fund: FundId) -> Query<Holding> {
        self.ask_holding(party.to_string(), fund)
    }

    fn ask_holding(&self, party_id: String, fund: FundId) -> Query<Holding> {
        let fund_id = fund.to_string();
        let request = v1::GetHoldingRequest { party_id, fund_id, ..Default::default() };
        Query::new(&self.client, request, |response| {
            holding_of(&some(response.holding, "holding")?)
        })
    }

    /// The caller's holdings.
    pub fn holdings(&self) -> List<Holding> {
        let request = v1::ListHoldingsRequest::default();
        List::new(&self.client, request, |holding| holding_of(&holding))
    }

    /// The holdings of a party.
    pub fn holdings_of(&self, party: PartyId) -> List<Holding> {
        let request = v1::ListHoldingsRequest { party_id: party.to_string(), ..Default::default() };
        List::new(&self.client, request, |holding| holding_of(&holding))
    }

    /// The holders of a fund: for its manager and the venue.
    pub fn holders(&self, fund: FundId) -> List<Holding> {
        let request = v1::ListHoldersRequest { fund_id: fund.to_string(), ..Default::default() };
        List::new(&self.client, request, |holding| holding_of(&holding))
    }

    /// Changes of the caller's holding in a fund, newest first.
    pub fn statement(&self, fund: FundId) -> List<StatementEntry> {
        self.ask_statement(String::new(), fund)
    }

    /// Changes of a party's holding in a fund, newest first.
    pub fn statement_of(&self, party: PartyId, fund: FundId) -> List<StatementEntry> {
        self.ask_statement(party.to_string(), fund)
    }

    fn ask_statement(&self, party_id: String, fund: FundId) -> List<StatementEntry> {
        let fund_id = fund.to_string();
        let request = v1::ListStatementEntriesRequest { party_id, fund_id, ..Default::default() };
        List::new(&self.client, request, statement_entry)
    }
}

fn holding_of(wire: &v1::Holding) -> Result<Holding, Unreadable> {
    Ok(Holding {
        party: read(&wire.party_id, "party_id")?,
        fund: read(&wire.fund_id, "fund_id")?,
        available: read(&wire.available, "available")?,
        offered: read(&wire.offered, "offered")?,
        pledged: read(&wire.pledged, "pledged")?,
        frozen: read(&wire.frozen, "frozen")?,
        last_bought: wire::maybe(&wire.last_bought, "last_bought")?,
        last_sold: wire::maybe(&wire.last_sold, "last_sold")?,
    })
}

fn statement_entry(wire: v1::StatementEntry) -> Result<StatementEntry, Unreadable> {
    Ok(StatementEntry {
        sequence: Sequence::new(wire.sequence),
        time: wire::time(some(wire.time, "time")?)?,
        party: read(&wire.party_id, "party_id")?,
        fund: read(&wire.fund_id, "fund_id")?,
        cause: Cause::from_wire(wire.cause)?,
        cause_id: wire.cause_id,
        before: units_by_state(&some(wire.before, "before")?)?,
        after: units_by_state(&some(wire.after, "after")?)?,
    })
}

pub(crate) fn units_by_state(wire: &v1::UnitsByState) -> Result<UnitsByState, Unreadable> {
    Ok(UnitsByState {
        available: read(&wire.available, "units.available")?,
        offered: read(&wire.offered, "units.offered")?,
        pledged: read(&wire.pledged, "units.pledged")?,
        frozen: read(&wire.frozen, "units.frozen")?,
    })
}
