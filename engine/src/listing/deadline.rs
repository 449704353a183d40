//! What of a listing is due, and what silence then means (期限与默示后果), rule J2.
//!
//! One line for each thing that waits. The earliest of those whose time runs is [`Listing::due`].

use crate::listing::Listing;
use crate::listing::gate::{Consent, Gate, GateKind, GateState};
use crate::listing::stage::Stage;
use crate::listing::terms::IfNobodyComes;
use crate::policy::choice::Silence;
use crate::time::Time;

/// One thing that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// What.
    pub what: DueOf,
    /// The first moment after its time; none while that does not run.
    pub due: Option<Time>,
    /// What happens if nobody says anything until then.
    pub silence: Meaning,
}

/// What of a listing is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueOf {
    /// The answer that a gate waits for (前置事项).
    Gate(GateKind),
    /// C2: the end of the announcement (公告期满).
    Announcement,
    /// C2: the end of the suspension (中止期满).
    Suspension,
    /// When the offer must be taken down (挂牌期满).
    Removal,
}

/// What silence means (默示后果).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing: only an answer, or the notice that it waits for, moves it.
    Nothing,
    /// The gate opens; a right that was not claimed is given up.
    GateOpens,
    /// The gate opens; a right that was not given up is kept.
    RightIsKept,
    /// The listing ends.
    ListingEnds,
    /// The announcement is extended, as it was announced, while the rules allow it.
    AnnouncementExtended,
    /// No more intentions are taken.
    IntentionsClose,
    /// The announcement goes on.
    AnnouncementResumes,
}

impl Listing {
    /// What of it is due.
    #[must_use]
    pub fn deadlines(&self) -> Vec<Deadline> {
        let announcement = self.announcement.as_ref();
        let removal = announcement.and_then(|announced| announced.removal);
        let of = |what, due, silence| Deadline { what, due, silence };
        let mut deadlines = Vec::new();
        match self.stage {
            Stage::Accepted => {
                let waits = |gate: &&Gate| match gate.state {
                    GateState::Waiting | GateState::Running => true,
                    GateState::Green | GateState::Red => false,
                };
                let gates = self.gates.iter().filter(waits);
                return gates.map(|gate| gate.deadline(self.gate_due(gate))).collect();
            }
            Stage::Announced => {
                let ends = announcement.map(|announced| announced.period.ends);
                deadlines.push(of(DueOf::Announcement, ends, self.nobody_comes()));
            }
            Stage::Suspended => {
                let until = announcement.and_then(|announced| announced.suspended_until);
                deadlines.push(of(DueOf::Suspension, until, Meaning::AnnouncementResumes));
            }
            Stage::Closed => {}
            Stage::Draft
            | Stage::Submitted
            | Stage::ToBeCompleted
            | Stage::Rejected
            | Stage::Bidding
            | Stage::Awarded
            | Stage::HandedOver
            | Stage::Ended
            | Stage::Withdrawn
            | Stage::Revoked => return deadlines,
        }
        if removal.is_some() {
            deadlines.push(of(DueOf::Removal, removal, Meaning::ListingEnds));
        }
        deadlines
    }

    /// What the end of the announcement means, as the listing stands.
    const fn nobody_comes(&self) -> Meaning {
        let extensions = match &self.announcement {
            Some(announced) => announced.extensions,
            None => 0,
        };
        match self.terms.if_nobody_comes {
            _ if self.intentions != 0 => Meaning::IntentionsClose,
            IfNobodyComes::Ask => Meaning::IntentionsClose,
            IfNobodyComes::Extend { times_max, .. } if extensions < times_max => {
                Meaning::AnnouncementExtended
            }
            IfNobodyComes::Extend { .. } | IfNobodyComes::End => Meaning::ListingEnds,
        }
    }
}

impl Gate {
    const fn deadline(&self, due: Option<Time>) -> Deadline {
        let silence = match (self.kind, self.silence, self.lapses_to()) {
            (GateKind::FirstRefusal, Silence::Refusal, _) => Meaning::RightIsKept,
            (GateKind::StateApproval, _, _) => Meaning::Nothing,
            (_, _, Consent::Given) => Meaning::GateOpens,
            (_, _, Consent::Refused) => Meaning::ListingEnds,
        };
        Deadline { what: DueOf::Gate(self.kind), due, silence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::OPERATOR;
    use crate::listing::fixture::{
        LISTING, announced, at, by, drafted, notify, pass, reviewed, suspend, terms,
    };
    use crate::listing::review::ListingVerdict;
    use crate::market::Market;

    fn told(market: &Market) -> Vec<(DueOf, Meaning)> {
        let listing = market.listing(LISTING).unwrap();
        let deadlines = listing.deadlines();
        let earliest = deadlines.iter().filter_map(|deadline| deadline.due).min();
        assert_eq!(earliest, market.next_deadline(), "the clock and what is told are one");
        deadlines.iter().map(|deadline| (deadline.what, deadline.silence)).collect()
    }

    #[test]
    fn j2_what_is_due_says_what_silence_means_and_is_what_the_clock_keeps() {
        assert_eq!(told(&drafted(terms())), []);
        let mut market = reviewed(terms(), ListingVerdict::Accept);
        let gates = told(&market);
        assert!(gates.contains(&(DueOf::Gate(GateKind::PartnersNotice), Meaning::GateOpens)));
        by(&mut market, OPERATOR, notify("2026-11-24"));
        assert_eq!(told(&market), gates, "now their time runs");
        let end = IfNobodyComes::Extend { working_days: 5, times_max: 1 };
        let mut market =
            announced(crate::listing::terms::ListingTerms { if_nobody_comes: end, ..terms() });
        let (extended, ends) = (Meaning::AnnouncementExtended, Meaning::ListingEnds);
        assert_eq!(told(&market), [(DueOf::Announcement, extended)]);
        let due = market.listing(LISTING).unwrap().due().unwrap();
        pass(&mut market, due);
        assert_eq!(told(&market), [(DueOf::Announcement, ends)]);
        let mut market = announced(terms());
        assert_eq!(told(&market), [(DueOf::Announcement, Meaning::IntentionsClose)]);
        by(&mut market, OPERATOR, suspend("2026-12-02"));
        assert_eq!(told(&market), [(DueOf::Suspension, Meaning::AnnouncementResumes)]);
        pass(&mut market, at("2026-12-03", 0, 0));
        assert_eq!(told(&market), [(DueOf::Announcement, Meaning::IntentionsClose)]);
    }
}
