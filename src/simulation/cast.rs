//! Who takes part in a simulated run, what they know, and how they say what they mean.

use sfund_engine::amount::{Money, Ppm, Units};
use sfund_engine::cash::request_transfer::{Direction, RequestTransfer};
use sfund_engine::cash::settle_transfer::{SettleTransfer, TransferOutcome};
use sfund_engine::command::Command;
use sfund_engine::entry::Caller;
use sfund_engine::event::Event;
use sfund_engine::id::{FundId, IntentionId, LockId, OrderId, PartyId, ProposalId, TransferId};
use sfund_engine::policy::{Fees, Rates};
use sfund_engine::registry::fund::Currency;
use sfund_engine::registry::issue_units::IssueUnits;
use sfund_engine::registry::lock_units::{LockKind, LockUnits};
use sfund_engine::registry::party::{PartyStatus, Role};
use sfund_engine::registry::register_party::RegisterParty;
use sfund_engine::registry::set_party_status::SetPartyStatus;
use sfund_engine::registry::unlock_units::UnlockUnits;
use sfund_engine::time::Time;
use sfund_engine::trading::amend_order::AmendOrder;
use sfund_engine::trading::board::{PostIntention, WithdrawIntention};
use sfund_engine::trading::cancel_all::CancelAll;
use sfund_engine::trading::cancel_order::CancelOrder;
use sfund_engine::trading::order::{OrderPrice, PostOnly, SelfTrade, TimeInForce};
use sfund_engine::trading::place_order::PlaceOrder;
use sfund_engine::trading::set_reference::SetReference;
use sfund_engine::trading::set_trading_state::{SetTradingState, TradingScope};
use sfund_engine::venue::propose::{Review, Verdict};
use sfund_engine::venue::set_fees::SetFees;

use crate::fixture::{self, cents, units};
use crate::simulation::plan::{Style, Wish};

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// LPs.
    Alice,
    Bob,
    /// S-funds.
    Carol,
    Dave,
    Operator,
    Supervisor,
    Bank,
    /// Registered, and nothing else.
    Forger,
}

impl Who {
    pub(super) const ALL: [Self; 8] = [
        Self::Alice,
        Self::Bob,
        Self::Carol,
        Self::Dave,
        Self::Operator,
        Self::Supervisor,
        Self::Bank,
        Self::Forger,
    ];
    pub(super) const TRADERS: [Self; 4] = [Self::Alice, Self::Bob, Self::Carol, Self::Dave];

    pub(super) const fn party(self) -> PartyId {
        PartyId::new(match self {
            Self::Operator => 0,
            Self::Supervisor => 1,
            Self::Bank => 2,
            Self::Alice => 5,
            Self::Carol => 6,
            Self::Bob => 7,
            Self::Dave => 8,
            Self::Forger => 9,
        })
    }

    pub(super) const fn caller(self) -> Caller {
        Caller::Party(self.party())
    }

    /// The session of its orders that end with its connection.
    pub(super) fn session(self) -> u64 {
        u64::from(self.party().number()) + 100
    }

    pub(super) fn sells(self) -> bool {
        matches!(self, Self::Alice | Self::Bob)
    }
}

/// What the clients learned from the answers that reached them.
#[derive(Debug, Default)]
pub(super) struct Known {
    orders: Vec<(PartyId, OrderId)>,
    transfers: Vec<TransferId>,
    intentions: Vec<(PartyId, IntentionId)>,
    locks: Vec<LockId>,
    proposals: Vec<ProposalId>,
}

impl Known {
    /// Learns from an answer.
    pub(super) fn learn(&mut self, events: &[Event]) {
        for event in events {
            match event {
                Event::OrderPlaced(fact) => self.orders.push((fact.terms.party, fact.order)),
                Event::OrderClosed(fact) => self.orders.retain(|(_, order)| *order != fact.order),
                Event::TransferRequested(fact) => self.transfers.push(fact.transfer),
                Event::IntentionPosted(fact) => {
                    self.intentions.push((fact.terms.party, fact.intention));
                }
                Event::UnitsLocked(fact) => self.locks.push(fact.lock),
                Event::Proposed(fact) => self.proposals.push(fact.proposal),
                _ => {}
            }
        }
    }
}

/// One of them, counted round; without any, one that may not be.
fn any<T: Copy + Default>(known: &[T], pick: u16) -> T {
    let index = usize::from(pick).checked_rem(known.len()).unwrap_or_default();
    known.get(index).copied().unwrap_or_default()
}

fn own<T: Copy>(known: &[(PartyId, T)], who: Who) -> Vec<T> {
    known.iter().filter(|(party, _)| *party == who.party()).map(|(_, id)| *id).collect()
}

fn yuan(yuan: u16) -> Money {
    Money::from_fen(i64::from(yuan) * 100)
}

/// The commands that open the venue and make it ready to trade, and who gives them.
pub(super) fn setup() -> Vec<(Caller, Command)> {
    let mut all = fixture::setup();
    for (code, role) in [("BOB", Role::Lp), ("DAVE", Role::SFund), ("FORGER", Role::Lp)] {
        all.push((Who::Operator.caller(), register(code, role)));
    }
    let mut more = Vec::new();
    for (caller, command) in &all {
        let mut command = command.clone();
        match &mut command {
            Command::Qualify(ask) if ask.party == Who::Alice.party() => {
                ask.party = Who::Bob.party();
            }
            Command::Qualify(ask) => ask.party = Who::Dave.party(),
            Command::RegisterFund(ask) => ask.details.code = "SZ-002".to_owned(),
            _ => continue,
        }
        more.push((*caller, command));
    }
    all.extend(more);
    let (issuer, investors) = (Who::Operator, [(Who::Bob, 0), (Who::Bob, 1), (Who::Alice, 1)]);
    for (who, fund) in investors {
        all.push((issuer.caller(), issue(fund, who, units(1_000))));
    }
    for (number, who) in (1..).zip([Who::Dave, Who::Alice]) {
        let transfer = TransferId::new(number);
        all.push((who.caller(), transfer_of(who, Direction::Deposit, Money::from_fen(900_000))));
        all.push((Who::Bank.caller(), settle(transfer, true)));
    }
    all
}

fn register(code: &str, role: Role) -> Command {
    let found = fixture::setup().into_iter().find_map(|(_, command)| match command {
        Command::RegisterParty(ask) if ask.details.role == Role::Lp => Some(ask.details),
        _ => None,
    });
    let mut details = found.expect("the venue has an LP");
    (details.code, details.role) = (code.to_owned(), role);
    Command::RegisterParty(Box::new(RegisterParty { details }))
}

fn issue(fund: u8, to: Who, units: Units) -> Command {
    let (fund, evidence) = (FundId::new(fund.into()), "认购协议".to_owned());
    Command::IssueUnits(Box::new(IssueUnits { fund, party: to.party(), units, evidence }))
}

fn transfer_of(who: Who, direction: Direction, amount: Money) -> Command {
    let (currency, reference) = (Currency::CNY, "R".to_owned());
    let ask = RequestTransfer { party: who.party(), direction, currency, amount, reference };
    Command::RequestTransfer(Box::new(ask))
}

fn settle(transfer: TransferId, confirmed: bool) -> Command {
    let outcome = if confirmed { TransferOutcome::Confirmed } else { TransferOutcome::Refused };
    let bank_reference = "B".to_owned();
    Command::SettleTransfer(Box::new(SettleTransfer { transfer, outcome, bank_reference }))
}

/// How `who` says what it means.
pub(super) fn command(who: Who, wish: Wish, known: &Known, now: Time) -> Command {
    let party = who.party();
    let after = |seconds: u16| now.plus_seconds(seconds.into());
    let price = |number: u8| cents(number.into());
    match wish {
        Wish::Order { .. } => Command::PlaceOrder(order(who, wish, now)),
        Wish::Amend { pick, cents, units: whole } => Command::AmendOrder(AmendOrder {
            order: some_order(known, who, pick),
            price: (pick % 3 != 0).then(|| price(cents)),
            units: (pick % 3 != 1).then(|| units(whole.into())),
        }),
        Wish::Cancel { pick } => {
            Command::CancelOrder(CancelOrder { order: some_order(known, who, pick) })
        }
        Wish::CancelAll { session } => {
            let session = session.then(|| who.session());
            Command::CancelAll(CancelAll { party, fund: None, session })
        }
        Wish::Intend { side, fund, cents, units: whole, seconds } => {
            Command::PostIntention(PostIntention {
                party,
                fund: FundId::new(fund.into()),
                side,
                price: price(cents),
                units: units(whole.into()),
                expires: after(seconds),
            })
        }
        Wish::Unintend { pick } => {
            let intention = any(&own(&known.intentions, who), pick);
            Command::WithdrawIntention(WithdrawIntention { intention })
        }
        Wish::Deposit { yuan: amount } => transfer_of(who, Direction::Deposit, yuan(amount)),
        Wish::Withdraw { yuan: amount } => transfer_of(who, Direction::Withdrawal, yuan(amount)),
        Wish::Settle { pick, confirmed } => settle(any(&known.transfers, pick), confirmed),
        Wish::Review { pick, approve } => {
            let verdict = if approve { Verdict::Approve } else { Verdict::Decline };
            Command::Review(Review { proposal: any(&known.proposals, pick), verdict })
        }
        Wish::Reference { fund, cents, seconds } => Command::SetReference(Box::new(SetReference {
            fund: FundId::new(fund.into()),
            price: price(cents),
            source: "S".to_owned(),
            valid_until: after(seconds),
        })),
        Wish::Trade { .. }
        | Wish::Issue { .. }
        | Wish::Lock { .. }
        | Wish::Unlock { .. }
        | Wish::Suspend { .. }
        | Wish::Fees { .. }
        | Wish::Register { .. } => by_operator(wish, known),
    }
}

fn some_order(known: &Known, who: Who, pick: u16) -> OrderId {
    any(&own(&known.orders, who), pick)
}

fn by_operator(wish: Wish, known: &Known) -> Command {
    let (evidence, reason) = ("E".to_owned(), "R".to_owned());
    match wish {
        Wish::Trade { scope, state } => {
            let scope = match scope {
                0 | 1 => TradingScope::Fund(FundId::new(scope.into())),
                2 => TradingScope::Segment(Default::default()),
                _ => TradingScope::Venue,
            };
            Command::SetTradingState(Box::new(SetTradingState { scope, state, reason }))
        }
        Wish::Issue { fund, to, units: whole } => issue(fund, to, units(whole.into())),
        Wish::Lock { fund, of, units: whole } => Command::LockUnits(Box::new(LockUnits {
            party: of.party(),
            fund: FundId::new(fund.into()),
            units: units(whole.into()),
            kind: LockKind::Freeze,
            pledgee: None,
            evidence,
        })),
        Wish::Unlock { pick } => {
            let lock = any(&known.locks, pick);
            Command::UnlockUnits(Box::new(UnlockUnits { lock, evidence }))
        }
        Wish::Suspend { whom, active } => {
            let status = if active { PartyStatus::Active } else { PartyStatus::Suspended };
            let ask = SetPartyStatus { party: whom.party(), status, reason };
            Command::SetPartyStatus(Box::new(ask))
        }
        Wish::Fees { ppm } => {
            let rates = Rates { taker_buy: Ppm::new(ppm.into()), ..Rates::default() };
            let fees = Fees { tiers: vec![rates] };
            Command::SetFees(Box::new(SetFees { segment: Default::default(), fees }))
        }
        Wish::Register { number } => register(&format!("LP-{number}"), Role::Lp),
        other => panic!("{other:?} is no operator's"),
    }
}

fn order(who: Who, wish: Wish, now: Time) -> PlaceOrder {
    let Wish::Order { side, fund, cents: price, units: whole, style } = wish else {
        panic!("{wish:?} is no order")
    };
    let price = cents(price.into());
    let mut order = fixture::order(who.party(), side, price, units(whole.into()));
    order.fund = FundId::new(fund.into());
    match style {
        Style::Plain => {}
        Style::Day => order.time_in_force = TimeInForce::Day,
        Style::Till { seconds } => {
            order.time_in_force = TimeInForce::GoodTill(now.plus_seconds(seconds.into()));
        }
        Style::Immediate => order.time_in_force = TimeInForce::ImmediateOrCancel,
        Style::FillOrKill => order.time_in_force = TimeInForce::FillOrKill,
        Style::PostOnly => order.post_only = PostOnly::Yes,
        Style::Market => order.price = OrderPrice::Market(price),
        Style::Iceberg => order.peak = units(1),
        Style::Least => order.minimum = units(u64::from(whole).div_ceil(2)),
        Style::Session => order.session = who.session(),
        Style::Decrement => order.self_trade = SelfTrade::Decrement,
    }
    order
}
