//! What a query answers with: plain values, copied out of the read models.

use minicbor::{Decode, Encode};
use sfund_engine::amount::{Money, Price, Units};
use sfund_engine::call::trade::CallTraded;
use sfund_engine::cash::ledger::Cash;
use sfund_engine::cash::request_transfer::RequestTransfer;
use sfund_engine::cash::settle_transfer::TransferOutcome;
use sfund_engine::id::{
    CallId, FundId, IntentionId, ListingId, LockId, OrderId, PartyId, ProposalId, SegmentId,
    Sequence, TradeId, TransferId,
};
use sfund_engine::policy::Fees;
use sfund_engine::registry::fund::{Fund, TradingState};
use sfund_engine::registry::holding::Holding;
use sfund_engine::registry::lock_units::LockUnits;
use sfund_engine::registry::party::Party;
use sfund_engine::time::{Date, Time};
use sfund_engine::trading::board::PostIntention;
use sfund_engine::trading::order::{Closing, OrderPrice};
use sfund_engine::trading::place_order::{PlaceOrder, Traded};
use sfund_engine::trading::sweep::SweepScope;
use sfund_engine::venue::issue_key::Key;
use sfund_engine::venue::propose::{Proposal, ProposalEnd};
use sfund_engine::venue::segment::Segment;

/// A place in the journal and its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Stamp {
    /// The entry.
    #[n(0)]
    pub sequence: Sequence,
    /// Its time.
    #[n(1)]
    pub at: Time,
}

/// A party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyView {
    /// Its id.
    pub id: PartyId,
    /// Its record.
    pub party: Party,
}

/// A fund and its market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundView {
    /// Its id.
    pub id: FundId,
    /// Its record: reference and last price, units issued, holders, state.
    pub fund: Fund,
    /// State in which it trades, its segment's and the venue's included.
    pub state: TradingState,
    /// A3: most holders, by law and by its own agreement.
    pub holder_cap: u32,
    /// Highest price bid.
    pub best_bid: Option<Price>,
    /// Lowest price asked.
    pub best_ask: Option<Price>,
    /// What was traded.
    pub volume: Volume,
}

/// What was traded in a fund.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Volume {
    /// Trades ever.
    #[n(0)]
    pub trades: u64,
    /// Units ever.
    #[n(1)]
    pub units: Units,
    /// Cash ever.
    #[n(2)]
    pub cash: Money,
    /// The venue's date of the last trade.
    #[n(3)]
    pub day: Option<Date>,
    /// Trades on that day.
    #[n(4)]
    pub day_trades: u64,
    /// Units on that day.
    #[n(5)]
    pub day_units: Units,
    /// Cash on that day.
    #[n(6)]
    pub day_cash: Money,
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentView {
    /// Its id.
    pub id: SegmentId,
    /// Its record, with the pack in force.
    pub segment: Segment,
    /// The fees in force.
    pub fees: Fees,
}

/// Units of a holding by state (rule E5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Buckets {
    /// Free to sell.
    #[n(0)]
    pub available: Units,
    /// In open sell orders.
    #[n(1)]
    pub offered: Units,
    /// Under pledge.
    #[n(2)]
    pub pledged: Units,
    /// Under a freeze.
    #[n(3)]
    pub frozen: Units,
}

impl Buckets {
    pub(crate) const fn of(holding: &Holding) -> Self {
        Self {
            available: holding.available,
            offered: holding.offered,
            pledged: holding.pledged,
            frozen: holding.frozen,
        }
    }
}

/// What changed a holding or a cash account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Cause {
    /// Units were issued.
    #[n(0)]
    Issued,
    /// An order was placed and holds what it needs.
    #[n(1)]
    Placed(#[n(0)] OrderId),
    /// An order was amended.
    #[n(2)]
    Amended(#[n(0)] OrderId),
    /// An order closed and gave back what it held.
    #[n(3)]
    Closed(#[n(0)] OrderId),
    /// Self-trade prevention took units off an order.
    #[n(4)]
    Decremented(#[n(0)] OrderId),
    /// A trade.
    #[n(5)]
    Traded(#[n(0)] TradeId),
    /// Units were locked.
    #[n(6)]
    Locked(#[n(0)] LockId),
    /// A lock was released.
    #[n(7)]
    Unlocked(#[n(0)] LockId),
    /// A transfer was asked for.
    #[n(8)]
    TransferRequested(#[n(0)] TransferId),
    /// A transfer was settled.
    #[n(9)]
    TransferSettled(#[n(0)] TransferId),
    /// A listing was submitted and holds its units.
    #[n(10)]
    Listed(#[n(0)] ListingId),
    /// A listing ended and gave its units back.
    #[n(11)]
    Unlisted(#[n(0)] ListingId),
    /// A bidder's deposit was held.
    #[n(20)]
    DepositHeld(#[n(0)] ListingId),
    /// A bidder's deposit went back.
    #[n(21)]
    DepositReturned(#[n(0)] ListingId),
    /// A bidder's deposit, or a part of it, was forfeited.
    #[n(22)]
    DepositForfeited(#[n(0)] ListingId),
    /// An order of a call auction was placed and holds what it needs.
    #[n(30)]
    CallPlaced(#[n(0)] CallId),
    /// An order of a call auction gave back what it does not need.
    #[n(31)]
    CallReleased(#[n(0)] CallId),
}

/// A line of the register's statement: what changed a holding, from what to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RegisterLine {
    /// The entry and its time.
    #[n(0)]
    pub stamp: Stamp,
    /// What happened.
    #[n(1)]
    pub cause: Cause,
    /// Units before.
    #[n(2)]
    pub before: Buckets,
    /// Units after.
    #[n(3)]
    pub after: Buckets,
}

/// A cash account's two balances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Balances {
    /// Free to use.
    #[n(0)]
    pub available: Money,
    /// Held for open orders and withdrawals.
    #[n(1)]
    pub held: Money,
}

impl Balances {
    pub(crate) const fn of(cash: &Cash) -> Self {
        Self { available: cash.available, held: cash.held }
    }
}

/// A line of a cash statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CashLine {
    /// The entry and its time.
    #[n(0)]
    pub stamp: Stamp,
    /// What happened.
    #[n(1)]
    pub cause: Cause,
    /// Cash before.
    #[n(2)]
    pub before: Balances,
    /// Cash after.
    #[n(3)]
    pub after: Balances,
}

/// An order, open or closed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OrderView {
    /// Its id.
    #[n(0)]
    pub id: OrderId,
    /// As first asked.
    #[n(1)]
    pub terms: PlaceOrder,
    /// Price now.
    #[n(2)]
    pub price: OrderPrice,
    /// Units that have not traded; after the close, those that never will.
    #[n(3)]
    pub left: Units,
    /// Units that have traded.
    #[n(4)]
    pub filled: Units,
    /// Cash of its trades, exact; divided by `filled` it is the average price.
    #[n(5)]
    pub cash: Money,
    /// Fees of its trades.
    #[n(6)]
    pub fees: Money,
    /// Cash it holds; zero for a sell and after the close.
    #[n(7)]
    pub hold: Money,
    /// Number of the fee schedule it trades under.
    #[n(8)]
    pub schedule: u32,
    /// When it expires, if it does.
    #[n(9)]
    pub expires: Option<Time>,
    /// When it was placed.
    #[n(10)]
    pub placed: Stamp,
    /// What changed it last.
    #[n(11)]
    pub changed: Stamp,
    /// Why it closed, if it did.
    #[n(12)]
    pub closed: Option<Closing>,
    /// The attempt that placed it.
    #[cbor(n(13), with = "minicbor::bytes")]
    pub attempt: Option<[u8; 16]>,
}

impl OrderView {
    /// Units of the order in all, as amended.
    #[must_use]
    pub fn units(&self) -> Units {
        self.left.plus(self.filled)
    }

    /// Where the order stands.
    #[must_use]
    pub fn status(&self) -> OrderStatus {
        match self.closed {
            Some(Closing::Filled) => OrderStatus::Filled,
            Some(reason) => OrderStatus::Closed(reason),
            None if self.filled == Units::ZERO => OrderStatus::Open,
            None => OrderStatus::PartlyFilled,
        }
    }
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStatus {
    /// It is open and has not traded.
    Open,
    /// It is open and has traded in part.
    PartlyFilled,
    /// It traded whole.
    Filled,
    /// It is closed for this reason.
    Closed(Closing),
}

/// A trade.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TradeView {
    /// The entry and its time.
    #[n(0)]
    pub stamp: Stamp,
    /// The trade.
    #[n(1)]
    pub deal: Deal,
}

/// A trade, by how its orders met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Deal {
    /// In the book.
    #[n(0)]
    Book(#[n(0)] Traded),
    /// In a call auction.
    #[n(1)]
    Call(#[n(0)] CallTraded),
}

impl Deal {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> TradeId {
        match self {
            Self::Book(fact) => fact.trade,
            Self::Call(fact) => fact.trade,
        }
    }

    /// Fund.
    #[must_use]
    pub const fn fund(&self) -> FundId {
        match self {
            Self::Book(fact) => fact.fund,
            Self::Call(fact) => fact.fund,
        }
    }

    /// Fee on top of what the buyer pays.
    #[must_use]
    pub const fn buyer_fee(&self) -> Money {
        match self {
            Self::Book(fact) => fact.buyer_fee,
            Self::Call(fact) => fact.buyer_fee,
        }
    }
}

/// The book of a fund, as far as it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// The entry after which the book stood so.
    pub stamp: Stamp,
    /// Bids, highest first.
    pub bids: Vec<Level>,
    /// Asks, lowest first.
    pub asks: Vec<Level>,
}

/// Orders at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The price.
    pub price: Price,
    /// Units that show: of an iceberg its peak only.
    pub units: Units,
    /// How many orders.
    pub orders: u32,
}

/// An intention on the board.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IntentionView {
    /// Its id.
    #[n(0)]
    pub id: IntentionId,
    /// As asked.
    #[n(1)]
    pub terms: PostIntention,
    /// When it was posted.
    #[n(2)]
    pub posted: Stamp,
}

/// A counterparty suggested to a party.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SuggestionView {
    /// The entry and its time.
    #[n(0)]
    pub stamp: Stamp,
    /// The party's own intention.
    #[n(1)]
    pub own: IntentionId,
    /// The other's intention.
    #[n(2)]
    pub other: IntentionId,
    /// What the other has in mind, and who it is.
    #[n(3)]
    pub terms: PostIntention,
}

/// Units locked under a pledge or a freeze.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LockView {
    /// Its id.
    #[n(0)]
    pub id: LockId,
    /// As asked.
    #[n(1)]
    pub terms: LockUnits,
    /// When they were locked.
    #[n(2)]
    pub locked: Stamp,
    /// When they were released, if they were.
    #[n(3)]
    pub released: Option<Stamp>,
}

/// A cash transfer with the settlement bank.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TransferView {
    /// Its id.
    #[n(0)]
    pub id: TransferId,
    /// As asked.
    #[n(1)]
    pub terms: RequestTransfer,
    /// When it was asked for.
    #[n(2)]
    pub requested: Stamp,
    /// What the bank said, if it did.
    #[n(3)]
    pub settled: Option<Settled>,
}

/// What the bank said of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Settled {
    /// When.
    #[n(0)]
    pub stamp: Stamp,
    /// Confirmed or refused.
    #[n(1)]
    pub outcome: TransferOutcome,
    /// The bank's own reference.
    #[n(2)]
    pub bank_reference: String,
}

/// A proposal, waiting or ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ProposalView {
    /// Its id.
    #[n(0)]
    pub id: ProposalId,
    /// What is to be done, who asked, and when it lapses.
    #[n(1)]
    pub proposal: Proposal,
    /// When it was proposed.
    #[n(2)]
    pub proposed: Stamp,
    /// How it ended, if it did.
    #[n(3)]
    pub ended: Option<Ended>,
}

/// How a proposal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ended {
    /// When.
    #[n(0)]
    pub stamp: Stamp,
    /// How.
    #[n(1)]
    pub end: ProposalEnd,
    /// Who ended it; `None` where time did.
    #[n(2)]
    pub by: Option<PartyId>,
}

/// An API key, without the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyView {
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// Whose it is, what it may do, and until when.
    pub key: Key,
}

/// A sweep, running or done.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SweepView {
    /// Its number.
    #[n(0)]
    pub number: u64,
    /// Whose orders it cancels.
    #[n(1)]
    pub scope: SweepScope,
    /// The reason it gives.
    #[n(2)]
    pub reason: Closing,
    /// When it began.
    #[n(3)]
    pub started: Stamp,
    /// When it was done, if it is.
    #[n(4)]
    pub ended: Option<Stamp>,
}

/// How far a party is from the limits of a fund (rule J1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meters {
    /// A3: holders now, looked through.
    pub holders: u32,
    /// A3: most holders.
    pub holder_cap: u32,
    /// Whether the party is a holder already, and so takes no room.
    pub holds: bool,
    /// A2: trading days between buying and selling; 0 is no rule.
    pub turnaround_trading_days: u16,
    /// A2: first date on which it may buy.
    pub buys_from: Earliest,
    /// A2: first date on which it may sell.
    pub sells_from: Earliest,
    /// A4: last date on which its newest qualification is good.
    pub qualified_until: Option<Date>,
    /// A5: fewest units of an order.
    pub minimum_ticket: Units,
    /// Units by state.
    pub units: Buckets,
    /// Cash in the fund's currency.
    pub cash: Balances,
    /// State in which the fund trades.
    pub state: TradingState,
}

/// The first date on which something may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earliest {
    /// At once.
    Now,
    /// On this date.
    On(Date),
    /// The calendar does not reach so far.
    BeyondCalendar,
}
