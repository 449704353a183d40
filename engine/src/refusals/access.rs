//! Refusals of attempts and access, of malformed words and numbers, and of what is not there.

use super::{NOBODY, Scenario, order, place, refuse_operator, unrecorded};
use crate::amount::Money;
use crate::cash::request_transfer::{Direction, RequestTransfer};
use crate::cash::settle_transfer::TransferOutcome;
use crate::command::Command;
use crate::dedup::Attempts;
use crate::entry::{Attempt, Caller, Header};
use crate::fixture::{
    ALICE, BANK, CAROL, LICENSED, OPERATOR, SUPERVISOR, accept, calendar, details, fees,
    open_venue, opened, party, qualification, refuse, settle, soon, trading, with_parties,
};
use crate::id::{FundId, IntentionId, LockId, OrderId, PartyId, ProposalId, SegmentId, TransferId};
use crate::market::Market;
use crate::policy::{ATTEMPTS_MAX, Fees};
use crate::registry::extend_term::ExtendTerm;
use crate::registry::fund::Currency;
use crate::registry::qualify::Qualify;
use crate::registry::register_party::RegisterParty;
use crate::registry::unlock_units::UnlockUnits;
use crate::reject::Reject;
use crate::trading::board::WithdrawIntention;
use crate::trading::cancel_order::CancelOrder;
use crate::trading::side::Side;
use crate::venue::propose::{Review, Verdict};
use crate::venue::revoke_key::RevokeKey;
use crate::venue::set_calendar::SetCalendar;
use crate::venue::set_fees::SetFees;

pub(super) const SCENARIOS: &[Scenario] = &[
    ("ATTEMPT_REUSED", || {
        let mut market = trading();
        let attempt = Attempt { id: [7; 16], fingerprint: 1 };
        let (sequence, caller) = (market.sequence().next(), party(CAROL));
        let header = Header { sequence, at: soon(&market), caller, attempt: Some(attempt) };
        market.record(&header, &[]);
        unrecorded(&market, caller, Attempt { fingerprint: 2, ..attempt }, &cancel(0))
    }),
    ("TOO_MANY_ATTEMPTS", || {
        let mut market = trading();
        let mut attempts = Attempts::default();
        for number in 0..ATTEMPTS_MAX {
            let attempt = numbered(u128::try_from(number).unwrap());
            attempts.remember(party(CAROL), attempt, market.now(), market.sequence());
        }
        market.attempts = attempts;
        unrecorded(&market, party(CAROL), numbered(u128::MAX), &cancel(0))
    }),
    ("VENUE_NOT_OPEN", || refuse(&mut Market::default(), Caller::Venue, Command::Advance)),
    ("VENUE_ALREADY_OPEN", || {
        refuse(&mut opened(), Caller::Venue, Command::OpenVenue(Box::new(open_venue())))
    }),
    ("NOT_PERMITTED", || refuse(&mut trading(), party(ALICE), Command::Advance)),
    ("BAD_TEXT", || refuse_operator(&mut opened(), register("B\u{202E}OB"))),
    ("OUT_OF_RANGE", || refuse(&mut trading(), party(CAROL), deposit(Currency::CNY, 0))),
    ("BAD_LENGTH", || {
        let ask = SetFees { segment: LICENSED, fees: Fees { tiers: Vec::new() } };
        refuse_operator(&mut opened(), Command::SetFees(Box::new(ask)))
    }),
    ("BAD_CURRENCY", || {
        // Only decoded bytes hold a currency that is none.
        let currency = minicbor::decode(&[0x43, b'c', b'n', b'y']).unwrap();
        refuse(&mut trading(), party(CAROL), deposit(currency, 1))
    }),
    ("INCONSISTENT", || {
        let mut calendar = calendar();
        calendar.until = calendar.from.previous();
        refuse_operator(&mut opened(), Command::SetCalendar(Box::new(SetCalendar { calendar })))
    }),
    ("PARTY_NOT_FOUND", || {
        let (party, qualification) = (PartyId::new(NOBODY), qualification());
        let ask = Qualify { party, qualification };
        refuse_operator(&mut opened(), Command::Qualify(Box::new(ask)))
    }),
    ("FUND_NOT_FOUND", || {
        let (fund, until) = (FundId::new(NOBODY), calendar().until);
        refuse_operator(&mut opened(), Command::ExtendTerm(ExtendTerm { fund, until }))
    }),
    ("SEGMENT_NOT_FOUND", || {
        let ask = SetFees { segment: SegmentId::new(NOBODY), fees: fees() };
        refuse_operator(&mut opened(), Command::SetFees(Box::new(ask)))
    }),
    ("ORDER_NOT_OPEN", || {
        let mut market = trading();
        let order_id = market.orders.books.next_id().number();
        place(&mut market, order(ALICE, Side::Sell, 100, 10));
        refuse(&mut market, party(CAROL), cancel(order_id))
    }),
    ("INTENTION_NOT_OPEN", || {
        let ask = WithdrawIntention { intention: IntentionId::new(0) };
        refuse(&mut trading(), party(CAROL), Command::WithdrawIntention(ask))
    }),
    ("TRANSFER_NOT_PENDING", || {
        let settled = settle(TransferId::new(0), TransferOutcome::Confirmed);
        refuse(&mut trading(), party(BANK), settled)
    }),
    ("PROPOSAL_NOT_OPEN", || refuse(&mut opened(), party(SUPERVISOR), approval())),
    ("LOCK_NOT_IN_FORCE", || {
        let ask = UnlockUnits { lock: LockId::new(0), evidence: "解除".to_owned() };
        refuse_operator(&mut trading(), Command::UnlockUnits(Box::new(ask)))
    }),
    ("KEY_NOT_FOUND", || {
        let ask = RevokeKey { key_hash: [0xAA; 32] };
        refuse_operator(&mut opened(), Command::RevokeKey(Box::new(ask)))
    }),
];

pub(super) fn a_stranger_trades_in_no_fund() -> Reject {
    let mut ask = order(ALICE, Side::Sell, 100, 10);
    ask.fund = FundId::new(NOBODY);
    refuse(&mut trading(), party(CAROL), Command::PlaceOrder(ask))
}

/// A supervisor is behind a proposal of its own.
///
/// Operators propose and supervisors approve, and a role never changes: only a forged proposal
/// gets here. The rule stands guard should the table of access ever grow.
pub(super) fn a_supervisor_approves_itself() -> Reject {
    let mut market = with_parties();
    accept(
        &mut market,
        party(OPERATOR),
        Command::SetFees(Box::new(SetFees { segment: LICENSED, fees: fees() })),
    );
    market.proposals.get_mut(&ProposalId::new(0)).unwrap().by = SUPERVISOR;
    refuse(&mut market, party(SUPERVISOR), approval())
}

fn approval() -> Command {
    Command::Review(Review { proposal: ProposalId::new(0), verdict: Verdict::Approve })
}

fn numbered(number: u128) -> Attempt {
    Attempt { id: number.to_le_bytes(), fingerprint: 1 }
}

fn cancel(order: u64) -> Command {
    Command::CancelOrder(CancelOrder { order: OrderId::new(order) })
}

fn register(name: &str) -> Command {
    let mut details = details("CODE", crate::registry::party::Role::Lp);
    details.name = name.to_owned();
    Command::RegisterParty(Box::new(RegisterParty { details }))
}

fn deposit(currency: Currency, fen: i64) -> Command {
    Command::RequestTransfer(Box::new(RequestTransfer {
        party: CAROL,
        direction: Direction::Deposit,
        currency,
        amount: Money::from_fen(fen),
        reference: "REF-1".to_owned(),
    }))
}
