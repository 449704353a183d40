//! The market that inputs meet, and how it takes a command: as the sequencer gives it.

use std::sync::LazyLock;

use sfund_engine::command::Command;
use sfund_engine::entry::{Attempt, Caller, Header};
use sfund_engine::event::Event;
use sfund_engine::id::PartyId;
use sfund_engine::market::{Judgement, Market};
use sfund_engine::time::Time;

#[path = "../../benches/shared/mix.rs"]
#[allow(
    dead_code,
    clippy::arithmetic_side_effects,
    reason = "the benches' own, of which this uses a part"
)]
mod mix;
#[path = "../../benches/shared/venue.rs"]
#[allow(
    dead_code,
    clippy::arithmetic_side_effects,
    reason = "the benches' own, of which this uses a part"
)]
mod venue;

/// Orders that rest in it.
const RESTING: usize = 30;
const FUNDS: u32 = 3;
const COMMANDS: usize = 60;

/// Opened, with parties, funds, cash and resting orders; and commands that make sense there.
pub(crate) static PREPARED: LazyLock<(Market, Vec<(Caller, Command)>)> = LazyLock::new(|| {
    let recipe = mix::Recipe { seed: 1, funds: FUNDS, resting: RESTING, commands: COMMANDS };
    let stream = recipe.stream();
    (mix::market_of(&stream.setup), stream.asks)
});

/// Callers of an input: the venue itself is the last.
pub(crate) fn caller(number: u8) -> Caller {
    if number == u8::MAX { Caller::Venue } else { Caller::Party(PartyId::new(number.into())) }
}

/// What is due by then passes, and then the command is judged and what it leads to recorded.
pub(crate) fn give(
    market: &mut Market,
    after_seconds: u64,
    caller: Caller,
    attempt: Option<Attempt>,
    command: &Command,
) {
    let at = market.now().plus_seconds(after_seconds);
    while market.next_deadline().is_some_and(|due| due <= at) {
        enter(market, at, Caller::Venue, None, &Command::Advance);
    }
    enter(market, at, caller, attempt, command);
}

fn enter(
    market: &mut Market,
    at: Time,
    caller: Caller,
    attempt: Option<Attempt>,
    command: &Command,
) {
    let at = at.max(market.now().next());
    let header = Header { sequence: market.sequence().next(), at, caller, attempt };
    let (mut events, mut dry) = (Vec::<Event>::new(), Vec::new());
    let judgement = market.judge(&header, command, &mut events);
    assert_eq!(market.judge(&header, command, &mut dry), judgement, "a dry run is the real answer");
    assert_eq!(dry, events, "a dry run is the real answer");
    match judgement {
        Judgement::Accepted => market.record(&header, &events),
        Judgement::Refused(_) => {
            assert_eq!(events, [], "a refusal has no events");
            market.record(&header, &[]);
        }
        Judgement::Repeated(_) | Judgement::Unrecorded(_) => {}
    }
}

/// What must hold of a market, and of its bytes.
pub(crate) fn check(market: &Market) {
    assert_eq!(market.check(), Ok(()), "the invariants hold");
    let bytes = market.encode();
    let again = Market::decode(&bytes).expect("a snapshot is read back");
    assert!(again.encode() == bytes, "a snapshot has one encoding");
}
