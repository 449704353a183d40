//! Modes, played ask by ask: the worked cases, each rule by its id, and random streams.

mod english;
mod laws;
mod others;
mod sealed;

use super::*;
use crate::amount::Price;
use crate::id::BidId;

/// Seconds of a day, for readable cases.
fn at(hour: u64, minute: u64, second: u64) -> Time {
    Time::ZERO.plus_seconds(hour * 3_600 + minute * 60 + second)
}

const fn price(price: u64) -> Price {
    Price::from_e4(price)
}

/// A lot under a mode, and what it was told.
struct Play {
    mode: Mode,
    lot: Lot,
    events: Vec<LotEvent>,
}

impl Play {
    /// A lot with `bidders` bidders and `holders` holders of the right, before bidding begins.
    fn new(mode: Mode, quantity: u64, reserve: Reserve, bidders: u32, holders: u32) -> Self {
        assert_eq!(mode.rules().check(quantity), Ok(()));
        let mut play = Self { mode, lot: Lot::new(9, quantity, reserve), events: Vec::new() };
        let ordinary = (1..=bidders).map(|number| (Code::Bidder(number), 0));
        let holders = (1..=holders).map(|number| (Code::Priority(number), 10 * number));
        for (code, held_lots) in ordinary.chain(holders) {
            let status = EntrantStatus::Admitted;
            play.tell(vec![LotEvent::Admitted(Entrant { code, held_lots, status })]);
        }
        play
    }

    fn begun(mut self, at: Time) -> Self {
        self.tell(self.mode.rules().begin(&self.lot, at));
        self
    }

    fn tell(&mut self, events: Vec<LotEvent>) {
        events.iter().for_each(|event| self.lot.apply(event));
        self.events.extend(events);
    }

    /// Time passes up to `at`: whatever is due by then is done first.
    fn pass(&mut self, at: Time) {
        while self.lot.phase() != Phase::Over && self.lot.due().is_some_and(|due| due <= at) {
            let events = self.mode.rules().due(&self.lot);
            assert!(!events.is_empty(), "a clock that rings does something: {:?}", self.lot);
            self.tell(events);
        }
    }

    fn ask(&mut self, who: Side, at: Time, ask: Ask) -> Result<(), Refusal> {
        self.pass(at);
        let events = self.mode.rules().bid(&self.lot, who, at, &ask)?;
        self.tell(events);
        Ok(())
    }

    fn bid(&mut self, code: Code, at: Time, at_price: u64) -> Result<(), Refusal> {
        let terms = Terms::whole(self.lot.quantity(), price(at_price));
        self.ask(Side::Bidder(code), at, Ask::Bid(terms))
    }

    fn take_price(&mut self, code: Code, at: Time) -> Result<(), Refusal> {
        self.ask(Side::Bidder(code), at, Ask::Match)
    }

    fn end(&mut self) -> Award {
        self.pass(Time::from_nanos(u64::MAX));
        assert_eq!(self.lot.phase(), Phase::Over);
        self.mode.rules().close(&self.lot)
    }
}

fn code(number: u32) -> Code {
    Code::Bidder(number)
}

fn holder(number: u32) -> Code {
    Code::Priority(number)
}

/// Who won how many lots for how much.
fn won(award: &Award) -> Vec<(Code, u64, u64)> {
    award.winners().map(|line| (line.bidder, line.quantity, line.pays_e4)).collect()
}

fn reasons(award: &Award) -> Vec<Reason> {
    award.lines.iter().map(|line| line.reason).collect()
}
