//! Random commands about listings.

use rand::RngExt;
use rand::seq::IndexedRandom;

use super::World;
use crate::amount::{Ppm, Price, Units};
use crate::command::Command;
use crate::entry::Caller;
use crate::fixture::{CAROL, LICENSED, MANAGER, OPERATOR, REGIONAL, party};
use crate::id::{FundId, ListingId, PartyId};
use crate::listing::agreement::{AgreementTerms, ConsentTerm, FirstRefusalTerm, SetAgreement};
use crate::listing::announce::AnnounceListing;
use crate::listing::change::ChangeListing;
use crate::listing::confidentiality::AcceptConfidentiality;
use crate::listing::consent::AnswerConsent;
use crate::listing::document::Sha256;
use crate::listing::draft::DraftListing;
use crate::listing::end::{RevokeListing, WithdrawListing};
use crate::listing::extend::ExtendListing;
use crate::listing::first_refusal::AnswerFirstRefusal;
use crate::listing::gate::{ClaimAnswer, Consent};
use crate::listing::look::LookAtDocument;
use crate::listing::notify::NotifyPartners;
use crate::listing::reprice::RepriceListing;
use crate::listing::resume::ResumeListing;
use crate::listing::review::{ListingVerdict, ReviewListing};
use crate::listing::submit::SubmitListing;
use crate::listing::suspend::SuspendListing;
use crate::listing::terms::{IfNobodyComes, ListingTerms};
use crate::market::Market;
use crate::policy::choice::Silence;
use crate::time::{Date, Time};

const SHA: Sha256 = Sha256::new([7; 32]);

/// Gates of days and not of weeks: a stream lasts for some fifteen days.
pub(super) fn hasten(market: &mut Market) {
    for segment in [LICENSED, REGIONAL] {
        let rules = market.segment_mut(segment).pack.listing.as_mut().unwrap();
        rules.partners.notice_days = 0;
        rules.partners.manager_consent_days = 2;
    }
    for number in 0..super::FUNDS {
        let consent = ConsentTerm::Asked { days: 1, silence: Silence::Consent };
        let terms = AgreementTerms { first_refusal: FirstRefusalTerm::Excluded, consent };
        market.agreements.insert(FundId::new(number), terms);
    }
}

impl World {
    /// Something about a listing: a new one, or one that is there, by whom it takes.
    pub(super) fn listing(
        &mut self,
        investor: PartyId,
        fund: FundId,
        at: Time,
    ) -> (Caller, Command) {
        let count = u64::try_from(self.market.listings().len()).unwrap();
        let newest = count.saturating_sub(12)..=count;
        let listing = ListingId::new(self.rng.random_range(newest));
        let seller = self.market.listing(listing).map_or(investor, |record| record.seller);
        let seller = if self.rng.random_range(0..20) == 0 { investor } else { seller };
        match self.rng.random_range(0..20) {
            0..4 => {
                let anew = self.rng.random_range(0..4) == 0;
                let terms = self.listing_terms(fund);
                let listing = anew.then_some(listing);
                let ask = DraftListing { listing, seller, terms };
                (party(seller), Command::DraftListing(Box::new(ask)))
            }
            4..7 => (party(seller), Command::SubmitListing(SubmitListing { listing })),
            7..10 => {
                let verdict = match self.rng.random_range(0..6) {
                    0 => ListingVerdict::Reject,
                    1 => ListingVerdict::Complete,
                    _ => ListingVerdict::Accept,
                };
                let ask = ReviewListing { listing, verdict, reasons: vec!["随机".to_owned()] };
                (party(OPERATOR), Command::ReviewListing(Box::new(ask)))
            }
            10..13 => (party(OPERATOR), Command::AnnounceListing(AnnounceListing { listing })),
            13..15 => self.listing_gate(listing, investor, fund, at),
            15..17 => (party(OPERATOR), self.by_the_venue(listing, at)),
            17..19 => (party(seller), self.by_the_seller(listing, fund)),
            _ => {
                let accept = self.rng.random_bool(0.5);
                let command = if accept {
                    let ask = AcceptConfidentiality { listing, reader: CAROL, terms: SHA };
                    Command::AcceptConfidentiality(ask)
                } else {
                    let ask = LookAtDocument { listing, reader: CAROL, document: SHA };
                    Command::LookAtDocument(ask)
                };
                (party(CAROL), command)
            }
        }
    }

    fn listing_gate(
        &mut self,
        listing: ListingId,
        investor: PartyId,
        fund: FundId,
        at: Time,
    ) -> (Caller, Command) {
        let delivered = self.market.date(at);
        match self.rng.random_range(0..4) {
            0 => {
                let given = self.rng.random_bool(0.8);
                let answer = if given { Consent::Given } else { Consent::Refused };
                let ask = AnswerConsent { listing, answer, evidence: SHA };
                (party(MANAGER), Command::AnswerConsent(ask))
            }
            1 => {
                let ask = NotifyPartners { listing, delivered, evidence: SHA };
                (party(OPERATOR), Command::NotifyPartners(ask))
            }
            2 => {
                let answer = ClaimAnswer::Claim;
                let ask = AnswerFirstRefusal { listing, holder: investor, answer };
                (party(investor), Command::AnswerFirstRefusal(ask))
            }
            _ => {
                let excluded = self.rng.random_bool(0.9);
                let first_refusal =
                    if excluded { FirstRefusalTerm::Excluded } else { FirstRefusalTerm::Days(2) };
                let consent = ConsentTerm::Asked { days: 1, silence: Silence::Consent };
                let terms = AgreementTerms { first_refusal, consent };
                let ask = SetAgreement { fund, terms, evidence: SHA };
                (party(OPERATOR), Command::SetAgreement(ask))
            }
        }
    }

    fn by_the_venue(&mut self, listing: ListingId, at: Time) -> Command {
        let reason = "随机".to_owned();
        let today = self.market.date(at).days();
        match self.rng.random_range(0..5) {
            0 | 1 => {
                let until = Date::from_days(today + self.rng.random_range(0..4));
                let ask = SuspendListing { listing, until, reason };
                Command::SuspendListing(Box::new(ask))
            }
            2 | 3 => Command::ResumeListing(ResumeListing { listing }),
            _ => Command::RevokeListing(Box::new(RevokeListing { listing, reason })),
        }
    }

    fn by_the_seller(&mut self, listing: ListingId, fund: FundId) -> Command {
        let reason = "随机".to_owned();
        let fund = self.market.listing(listing).map_or(fund, |record| record.terms.fund);
        let tick = self.market.fund(fund).unwrap().details.tick.e4();
        match self.rng.random_range(0..4) {
            0 => Command::ExtendListing(ExtendListing { listing }),
            1 => {
                let floor = Price::from_e4(tick * self.rng.random_range(80..100));
                let ask = RepriceListing { listing, floor, working_days: 5, consent: None };
                Command::RepriceListing(ask)
            }
            2 => {
                let known = self.market.listing(listing).map(|record| record.terms.clone());
                let mut terms = known.unwrap_or_else(crate::listing::fixture::terms);
                terms.headline = format!("简介 {}", self.rng.random_range(0..9));
                Command::ChangeListing(Box::new(ChangeListing { listing, terms, reason }))
            }
            _ => Command::WithdrawListing(Box::new(WithdrawListing { listing, reason })),
        }
    }

    fn listing_terms(&mut self, fund: FundId) -> ListingTerms {
        let details = &self.market.fund(fund).unwrap().details;
        let rng = &mut self.rng;
        ListingTerms {
            code: format!("G-{}", rng.random_range(0..1_000)),
            fund,
            units: Units::from_e2(details.lot.e2() * rng.random_range(0..200)),
            floor: Price::from_e4(details.tick.e4() * rng.random_range(90..110)),
            deposit: Ppm::new(rng.random_range(0..310_000)),
            announcement_days: rng.random_range(4..8),
            if_nobody_comes: *[
                IfNobodyComes::End,
                IfNobodyComes::Ask,
                IfNobodyComes::Extend { working_days: 3, times_max: 2 },
            ]
            .choose(rng)
            .unwrap(),
            ..crate::listing::fixture::terms()
        }
    }
}
