//! Which command takes a listing in which stage: a table.

use crate::command::Command;
use crate::fixture::{ALICE, CAROL, OPERATOR, judge_at, party, soon};
use crate::id::PartyId;
use crate::listing::announce::AnnounceListing;
use crate::listing::change::ChangeListing;
use crate::listing::document::{Document, DocumentKind, Sha256, Visibility};
use crate::listing::end::RevokeListing;
use crate::listing::extend::ExtendListing;
use crate::listing::fixture::{
    LISTING, accept_terms, announced, look, redraft, reprice, review, submit, suspend, terms,
    withdraw,
};
use crate::listing::resume::ResumeListing;
use crate::listing::review::ListingVerdict;
use crate::listing::stage::Stage;
use crate::listing::terms::{IfNobodyComes, ListingTerms};
use crate::market::Market;

use Stage::{
    Accepted, Announced, Awarded, Bidding, Closed, Draft, HandedOver, Submitted, Suspended,
    ToBeCompleted,
};

fn extensible() -> ListingTerms {
    let if_nobody_comes = IfNobodyComes::Extend { working_days: 5, times_max: 3 };
    let document = Document {
        name: "项目简介".to_owned(),
        kind: DocumentKind::Teaser,
        sha256: Sha256::new([8; 32]),
        size_bytes: 1_000,
        visibility: Visibility::Teaser,
    };
    ListingTerms { if_nobody_comes, documents: vec![document], ..terms() }
}

/// A listing brought to `stage` by hand.
fn standing(stage: Stage) -> Market {
    let mut market = announced(extensible());
    if !stage.holds_units() {
        market.unlock_listed(LISTING, terms().units);
    }
    let until = market.now().plus_seconds(86_400);
    market.change_listing(LISTING, |record| {
        record.stage = stage;
        let announcement = record.announcement.as_mut().unwrap();
        announcement.suspended_until = (stage == Suspended).then_some(until);
    });
    assert_eq!(market.check(), Ok(()));
    market
}

type Row = (PartyId, Command, &'static [Stage]);

fn table() -> Vec<Row> {
    let listing = LISTING;
    let other = ListingTerms { headline: "另一简介".to_owned(), ..extensible() };
    let reason = || "原因".to_owned();
    let change = ChangeListing { listing, terms: other.clone(), reason: reason() };
    let revoke = RevokeListing { listing, reason: reason() };
    let before: &[Stage] =
        &[Draft, Submitted, ToBeCompleted, Accepted, Announced, Suspended, Closed];
    let running: &[Stage] =
        &[Submitted, ToBeCompleted, Accepted, Announced, Suspended, Closed, Bidding, Awarded];
    let public: &[Stage] = &[Announced, Suspended, Closed, Bidding, Awarded, HandedOver];
    vec![
        (ALICE, redraft(other), &[Draft, ToBeCompleted]),
        (ALICE, submit(), &[Draft, ToBeCompleted]),
        (OPERATOR, review(ListingVerdict::Accept), &[Submitted]),
        (OPERATOR, review(ListingVerdict::Reject), &[Submitted]),
        (OPERATOR, review(ListingVerdict::Complete), &[Submitted]),
        (OPERATOR, Command::AnnounceListing(AnnounceListing { listing }), &[Accepted]),
        (OPERATOR, suspend("2026-11-30"), &[Announced]),
        (OPERATOR, Command::ResumeListing(ResumeListing { listing }), &[Suspended]),
        (ALICE, Command::ExtendListing(ExtendListing { listing }), &[Announced]),
        (ALICE, reprice(9_500, 10, None), &[Announced, Closed]),
        (ALICE, Command::ChangeListing(Box::new(change)), &[Announced]),
        (ALICE, withdraw(), before),
        (OPERATOR, Command::RevokeListing(Box::new(revoke)), running),
        (CAROL, accept_terms(CAROL), &[Announced, Suspended]),
        (CAROL, look(CAROL, 8), public),
    ]
}

#[test]
fn each_command_takes_a_listing_where_it_stands_and_nowhere_else() {
    for stage in Stage::ALL {
        for (who, command, stages) in table() {
            let market = standing(stage);
            let (_, answer) = judge_at(&market, soon(&market), party(who), &command);
            let kind = command.kind().name();
            match answer {
                Ok(events) => {
                    assert!(stages.contains(&stage), "{kind} in {stage}");
                    let mut after = market.clone();
                    let (header, _) = judge_at(&market, soon(&market), party(who), &command);
                    after.record(&header, &events);
                    assert_eq!(after.check(), Ok(()), "{kind} in {stage}");
                    let restored = Market::decode(&after.encode());
                    assert_eq!(restored.as_ref(), Ok(&after), "{kind} in {stage}");
                }
                Err(reject) => {
                    assert!(!stages.contains(&stage), "{kind} in {stage}: {reject}");
                    let hidden = who == CAROL && !stage.is_public();
                    let name = if hidden { "LISTING_NOT_FOUND" } else { "LISTING_STAGE" };
                    assert_eq!(reject.name(), name, "{kind} in {stage}");
                }
            }
        }
    }
}
