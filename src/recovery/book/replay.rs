//! A lot, decided again from what its book says.
//!
//! Nothing of a book is applied that the rules did not answer themselves: what the book says came
//! of a question is compared with what comes of it, and a difference ends the replay. So no book,
//! be it forged, brings the lot where it cannot be.

use std::collections::BTreeSet;

use sfund_engine::amount::Price;
use sfund_engine::bidding::Binding;
use sfund_engine::bidding::award::LotAwarded;
use sfund_engine::bidding::mode::{
    Ask, Award, Code, ENTRANTS_MAX, EntrantStatus, Line, Lot, LotEvent, Phase,
};
use sfund_engine::policy::PRICE_E4_MAX;
use sfund_engine::policy::choice::AfterDefault;
use sfund_engine::reject::Reject;
use sfund_engine::time::Time;

use crate::recovery::book::{Asked, Fact, Opened, Step, Told};
use crate::recovery::json::Json as _;

/// Refusals that come from the lot itself, so that the file tells whether they are right.
const OF_THE_LOT: [&str; 22] = [
    "NOT_OF_THIS_MODE",
    "NOT_ADMITTED",
    "BIDDER_BARRED",
    "NOT_THIS_SIDE",
    "NOT_IN_THIS_PHASE",
    "BID_LATE",
    "LEADS_ALREADY",
    "BID_TOO_LOW",
    "NO_PRIORITY",
    "NOTHING_TO_MATCH",
    "RIGHT_TAKEN",
    "ALREADY_COMMITTED",
    "NO_COMMITMENT",
    "ALREADY_REVEALED",
    "SEAL_DIFFERS",
    "OFFER_NOT_OPEN",
    "OFFER_IS_OPEN",
    "EXPIRY_OUT_OF_RANGE",
    "QUANTITY_OUT_OF_RANGE",
    "WHOLE_LOT_ONLY",
    "BID_NOT_FOUND",
    "POINTS_OUT_OF_RANGE",
];

/// What was decided again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Questions that were answered with yes, and are again.
    pub(super) taken: u64,
    /// Questions that were refused, and are again, for the same reason.
    pub(super) refused: u64,
    /// Questions that were refused for what the book does not tell: cash, the register, ticks.
    pub(super) elsewhere: u64,
    /// Seals that were opened and fit.
    pub(super) seals: u64,
    /// Times that the clock rang.
    pub(super) rung: u64,
}

/// What came of the lot, as far as it is decided again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// Nothing yet.
    Open,
    /// Somebody won.
    Awarded(Box<LotAwarded>),
    /// Nobody did.
    Failed,
    /// The listing was ended.
    Ended,
}

/// A lot that is decided again.
pub(super) struct Replay {
    opened: Opened,
    lot: Lot,
    at: Time,
    came: Came,
    signed: BTreeSet<Code>,
    /// D4: whose deposits went back.
    returned: BTreeSet<Code>,
    counts: Counts,
}

/// What differs, each in words.
pub(super) type Differences = Vec<String>;

impl Replay {
    /// The lot as it was opened.
    ///
    /// # Errors
    ///
    /// If no lot was ever opened like that.
    pub(super) fn new(opened: &Opened) -> Result<Self, Differences> {
        let price = opened.reserve.price();
        if PRICE_E4_MAX < price.e4() {
            return Err(vec![format!("a floor of {price} is beyond all prices")]);
        }
        opened.mode.rules().check(opened.quantity).map_err(|why| vec![why.to_string()])?;
        let mut lot = Lot::new(opened.listing.number(), opened.quantity, opened.reserve);
        let mut codes = BTreeSet::new();
        for entrant in &opened.entrants {
            let fits = codes.len() < ENTRANTS_MAX && codes.insert(entrant.code);
            if !fits || entrant.status != EntrantStatus::Admitted {
                return Err(vec![format!("{} cannot be admitted like that", entrant.code)]);
            }
            lot.apply(&LotEvent::Admitted(*entrant));
        }
        Ok(Self {
            opened: opened.clone(),
            lot,
            at: opened.at,
            came: Came::Open,
            signed: BTreeSet::new(),
            returned: BTreeSet::new(),
            counts: Counts::default(),
        })
    }

    /// What came of it.
    pub(super) const fn came(&self) -> &Came {
        &self.came
    }

    /// What was decided again.
    pub(super) const fn counts(&self) -> Counts {
        self.counts
    }

    /// Decides a step again.
    ///
    /// # Errors
    ///
    /// What comes of it otherwise; the lot cannot go on from there.
    pub(super) fn step(&mut self, step: &Step) -> Result<(), Differences> {
        if step.at <= self.at {
            return Err(vec![format!("its time {} is not after {}", step.at, self.at)]);
        }
        self.at = step.at;
        match (&step.asked, &step.outcome) {
            (Some(asked), told) => self.question(asked, told),
            (None, Told::Happened(facts)) => self.happened(facts),
            (None, Told::Refused(_)) => Err(vec!["nobody asked what was refused".to_owned()]),
        }
    }

    /// When the lot's clock rings next.
    fn due(&self) -> Option<Time> {
        if self.lot.phase() == Phase::Waiting { Some(self.opened.begins) } else { self.lot.due() }
    }

    /// Somebody asked something of the lot.
    fn question(&mut self, asked: &Asked, told: &Told) -> Result<(), Differences> {
        if self.came != Came::Open {
            return match told {
                Told::Happened(_) => Err(vec!["the lot takes nothing any more".to_owned()]),
                Told::Refused(number) => self.refused_elsewhere(*number, "that it is over"),
            };
        }
        if let Some(due) = self.due().filter(|due| *due <= self.at) {
            return Err(vec![format!("the clock rang at {due}, and that is not told before it")]);
        }
        match (self.decide(asked), told) {
            (Ok(events), Told::Happened(facts)) => {
                self.compare(facts, &events)?;
                self.counts.taken = self.counts.taken.saturating_add(1);
                let opens = matches!(asked.ask, Ask::Reveal(..));
                self.counts.seals = self.counts.seals.saturating_add(u64::from(opens));
                events.iter().for_each(|event| self.lot.apply(event));
                Ok(())
            }
            (Err(reject), Told::Happened(_)) => {
                Err(vec![format!("it was taken, and the rules refuse it: {reject}")])
            }
            (Err(reject), Told::Refused(number)) if reject.refusal().number == *number => {
                self.counts.refused = self.counts.refused.saturating_add(1);
                Ok(())
            }
            (Err(reject), Told::Refused(number)) => {
                self.refused_elsewhere(*number, &reject.to_string())
            }
            (Ok(_), Told::Refused(number)) => self.refused_elsewhere(*number, "yes"),
        }
    }

    /// What the rules of the lot answer.
    fn decide(&self, asked: &Asked) -> Result<Vec<LotEvent>, Reject> {
        let Asked { by, ask } = asked;
        self.opened.conduct.check_room(&self.lot, *by, ask)?;
        Ok(self.opened.mode.rules().bid(&self.lot, *by, self.at, ask)?)
    }

    /// It was refused for what the book does not tell; unless that is a thing of the lot itself.
    fn refused_elsewhere(&mut self, number: u32, answer: &str) -> Result<(), Differences> {
        let line = Reject::CATALOGUE.iter().find(|line| line.number == number);
        let Some(line) = line else {
            return Err(vec![format!("there is no refusal of the number {number}")]);
        };
        if OF_THE_LOT.contains(&line.name) {
            let name = line.name;
            return Err(vec![format!("it was refused with {name}, and the rules say {answer}")]);
        }
        self.counts.elsewhere = self.counts.elsewhere.saturating_add(1);
        Ok(())
    }

    /// Whether the book says what comes of it.
    fn compare(&self, facts: &[Fact], events: &[LotEvent]) -> Result<(), Differences> {
        let expected = events.iter().map(|event| Fact::Moved(Box::new(event.clone())));
        let expected: Vec<Fact> = expected.collect();
        for (fact, event) in facts.iter().zip(&expected) {
            if fact != event {
                let (told, comes) = (said(fact), said(event));
                return Err(vec![format!("it is told that {told}; what comes of it is {comes}")]);
            }
        }
        if facts.len() == expected.len() {
            return Ok(());
        }
        let (told, comes) = (facts.len(), expected.len());
        Err(vec![format!("{told} things are told of it, and {comes} come of it")])
    }

    /// The clock rang, or the venue acted.
    fn happened(&mut self, facts: &[Fact]) -> Result<(), Differences> {
        if let [Fact::Ended(_)] = facts {
            self.came = Came::Ended;
            return Ok(());
        }
        match self.came.clone() {
            Came::Open => self.clock(facts),
            Came::Awarded(deal) => self.deal(&deal, facts),
            Came::Failed | Came::Ended => Err(vec!["the bidding is over already".to_owned()]),
        }
    }

    /// The lot begins, its clock rings, or it is awarded.
    fn clock(&mut self, facts: &[Fact]) -> Result<(), Differences> {
        if let Some(due) = self.due().filter(|due| self.at < *due) {
            return Err(vec![format!("the clock rings at {due} and not before")]);
        }
        let rules = self.opened.mode.rules();
        let events = match self.lot.phase() {
            Phase::Waiting => rules.begin(&self.lot, self.opened.begins),
            Phase::Over => return self.award(facts),
            Phase::Free
            | Phase::Timed
            | Phase::Committing
            | Phase::Revealing
            | Phase::Scoring
            | Phase::Falling
            | Phase::Negotiating
            | Phase::Quoting
            | Phase::Choosing
            | Phase::FirstRefusal => rules.due(&self.lot),
        };
        self.compare(facts, &events)?;
        self.counts.rung = self.counts.rung.saturating_add(1);
        events.iter().for_each(|event| self.lot.apply(event));
        Ok(())
    }

    /// D4, D5: who wins, or that nobody does.
    fn award(&mut self, facts: &[Fact]) -> Result<(), Differences> {
        let award = self.opened.mode.rules().close(&self.lot);
        let first = !self.lot.entrants().iter().any(|entrant| self.lot.is_barred(entrant.code));
        let held = award.winners().all(|line| !self.returned.contains(&line.bidder));
        let sold = award.winners().next().is_some() && held;
        let next = first || self.opened.conduct.after_default == AfterDefault::NextBidder;
        let binding = if first { Binding::Bound } else { Binding::Offered };
        match facts {
            [Fact::Awarded(fact)] if sold && next => {
                let mut differences = differences(&fact.award, &award);
                if fact.binding != binding || fact.listing != self.opened.listing {
                    let (of, listing) = (fact.binding, fact.listing);
                    differences.push(format!("it says {of:?} of {listing}, and is {binding:?}"));
                }
                if !differences.is_empty() {
                    return Err(differences);
                }
                self.came = Came::Awarded(fact.clone());
                Ok(())
            }
            [Fact::Failed(_)] if !(sold && next) => {
                self.came = Came::Failed;
                Ok(())
            }
            [Fact::Awarded(_)] => Err(vec!["it is awarded, and nobody can have it".to_owned()]),
            [Fact::Failed(_)] => {
                let winners: Vec<_> = award.winners().map(|line| line.bidder.to_string()).collect();
                Err(vec![format!("it is told that nobody won; {} did", winners.join(", "))])
            }
            _ => Err(vec!["the bidding is over, and no award is told".to_owned()]),
        }
    }

    /// D4, D5: what became of an award.
    fn deal(&mut self, deal: &LotAwarded, facts: &[Fact]) -> Result<(), Differences> {
        let winners: Vec<Code> = deal.award.winners().map(|line| line.bidder).collect();
        let mut unsigned: Vec<Code> = Vec::new();
        for code in winners.iter().filter(|code| !self.signed.contains(code)) {
            if !unsigned.contains(code) {
                unsigned.push(*code);
            }
        }
        // What was signed for stands where the lot is shared.
        let shared = !self.opened.mode.portion().is_whole();
        let signed = |line: &&Line| shared && self.signed.contains(&line.bidder);
        let kept: Vec<Line> = deal.award.winners().filter(signed).copied().collect();
        let late = deal.signature_due <= self.at && !unsigned.is_empty();
        match facts {
            [Fact::Returned] => {
                let entrants = self.lot.entrants().iter().map(|entrant| entrant.code);
                self.returned.extend(entrants.filter(|code| !winners.contains(code)));
                Ok(())
            }
            [Fact::Signed(code)] if unsigned.contains(code) => {
                self.signed.insert(*code);
                Ok(())
            }
            // C1: the appraisal was out, which no book tells.
            [Fact::Failed(_)] if late && kept.is_empty() => {
                self.came = Came::Failed;
                self.counts.elsewhere = self.counts.elsewhere.saturating_add(1);
                Ok(())
            }
            [barred @ .., Fact::Voided] if late && kept.is_empty() => {
                let events: Vec<_> = unsigned.into_iter().map(LotEvent::Barred).collect();
                self.compare(barred, &events)?;
                events.iter().for_each(|event| self.lot.apply(event));
                self.signed.clear();
                self.came = Came::Open;
                Ok(())
            }
            [barred @ .., Fact::Awarded(fact)] if late && !kept.is_empty() => {
                let events: Vec<_> = unsigned.into_iter().map(LotEvent::Barred).collect();
                self.compare(barred, &events)?;
                events.iter().for_each(|event| self.lot.apply(event));
                let Opened { conduct, mode, .. } = &self.opened;
                let bound = |code| !self.returned.contains(&code);
                let award = conduct.rest(mode, &self.lot, (&deal.award, &kept), bound);
                let mut differences = differences(&fact.award, &award);
                if fact.binding != Binding::Offered || fact.listing != deal.listing {
                    differences.push("what others left is offered to the next".to_owned());
                }
                if !differences.is_empty() {
                    return Err(differences);
                }
                self.came = Came::Awarded(fact.clone());
                Ok(())
            }
            _ => Err(vec!["this does not follow an award like that".to_owned()]),
        }
    }
}

/// What an award says otherwise than it is, line by line.
fn differences(told: &Award, comes: &Award) -> Differences {
    let mut found = Vec::new();
    let lines = told.lines.len().max(comes.lines.len());
    for place in 0..lines {
        let (one, other) = (told.lines.get(place), comes.lines.get(place));
        if one != other {
            found.push(format!("the award tells {}; it is {}", line(one), line(other)));
        }
    }
    if told.unrevealed != comes.unrevealed {
        found.push("the award names others who did not reveal their bids".to_owned());
    }
    if told.uniform != comes.uniform {
        found.push("the award tells another price for all".to_owned());
    }
    found
}

/// A line of an award in words.
pub(super) fn line(line: Option<&Line>) -> String {
    let Some(Line { bid, bidder, quantity, pays_e4, reason }) = line else {
        return "nothing more".to_owned();
    };
    let pays = Price::from_e4(*pays_e4);
    format!("{bid} of {bidder}: {quantity} lots, pays {pays} a unit of each, {reason:?}")
}

/// A fact in words, as in the file.
fn said(fact: &Fact) -> String {
    fact.json().to_string()
}
