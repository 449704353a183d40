//! A listing from its draft to its withdrawal, over the wire, with a restart on the way.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use harness::cast::{Cast, Player, units_of};
use harness::listings::{Listings, command, listings, request_id, terms, why};
use harness::{Exchange, at, soon, units};
use sfund_proto::v1;
use sfund_sdk::MyChange;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use v1::{ListingDeadlineKind as Due, ListingStage as Stage, SilenceMeans as Means};

/// Everybody at the counter of listings.
struct Counter {
    lp: Listings,
    partner: Listings,
    operator: Listings,
    manager: Listings,
    buyer: Listings,
    stranger: Listings,
}

impl Counter {
    async fn of(cast: &Cast) -> Self {
        let as_ = |player: &Player| {
            let key = player.key.clone();
            async move { listings(&cast.url, &key).await }
        };
        Self {
            lp: as_(&cast.lp).await,
            partner: as_(&cast.other_lp).await,
            operator: as_(&cast.operator).await,
            manager: as_(&cast.manager).await,
            buyer: as_(&cast.s_fund).await,
            stranger: as_(&cast.lender).await,
        }
    }
}

async fn get(client: &mut Listings, id: &str, after: u64) -> Result<v1::Listing, Status> {
    let ask = v1::GetListingRequest { listing_id: id.to_owned(), after_sequence: after };
    client.get_listing(ask).await.map(|answer| answer.into_inner().listing.unwrap())
}

async fn disclosure(client: &mut Listings, id: &str) -> Result<v1::ListingDisclosure, Status> {
    let ask = v1::GetListingDisclosureRequest { listing_id: id.to_owned(), ..Default::default() };
    let answer = client.get_listing_disclosure(ask).await;
    answer.map(|answer| answer.into_inner().disclosure.unwrap())
}

/// What is due of all that the caller sees: what, on which day, and what silence means.
async fn due(client: &mut Listings, after: u64) -> Vec<(Due, String, Means)> {
    let ask = v1::ListListingDeadlinesRequest { after_sequence: after, ..Default::default() };
    let answer = client.list_listing_deadlines(ask).await.unwrap().into_inner();
    let line =
        |line: &v1::ListingDeadline| (line.kind(), line.last_date.clone(), line.silence_means());
    answer.deadlines.iter().map(line).collect()
}

async fn events(client: &mut Listings, id: &str) -> Vec<String> {
    let ask = v1::ListListingEventsRequest { listing_id: id.to_owned(), ..Default::default() };
    let answer = client.list_listing_events(ask).await.unwrap().into_inner();
    answer.events.into_iter().rev().map(|event| event.event).collect()
}

async fn listed(client: &mut Listings, ask: v1::ListListingsRequest) -> usize {
    client.list_listings(ask).await.unwrap().into_inner().listings.len()
}

/// Drafted, sent back, completed and accepted; its id.
async fn accepted(cast: &Cast, counter: &mut Counter) -> String {
    let Counter { lp, operator, stranger, .. } = counter;
    let short = v1::ListingTerms { disclosures: Vec::new(), ..terms(cast.regional_fund, "G-1") };
    let draft = v1::DraftListingRequest {
        request_id: request_id(),
        terms: Some(short),
        ..Default::default()
    };
    let dry = v1::DraftListingRequest { validate_only: true, ..draft.clone() };
    let would = lp.draft_listing(dry).await.unwrap().into_inner();
    let drafted = lp.draft_listing(draft.clone()).await.unwrap().into_inner();
    assert_eq!(would.listing_id, drafted.listing_id, "a dry run drafts nothing");
    let again = lp.draft_listing(draft).await.unwrap().into_inner();
    assert!(again.replayed && again.listing_id == drafted.listing_id);
    let id = drafted.listing_id;
    assert_eq!(get(stranger, &id, again.sequence).await.unwrap_err().code(), Code::NotFound);

    let (free, offered) = units_of(&cast.lp, cast.regional_fund).await;
    let submitted = command!(lp, submit_listing, SubmitListingRequest, id).unwrap();
    let completeness = submitted.completeness.unwrap();
    assert_eq!((completeness.answered, &completeness.score[..]), (0, "0.000000"));
    assert_eq!(submitted.judged_by.unwrap().pack_code, "cn-regional");
    // A client waits for its own entries only, and this one asks with two.
    cast.all_seen().await;
    let now = units_of(&cast.lp, cast.regional_fund).await;
    let listed = units("1000000");
    assert_eq!(now, (free.checked_sub(listed).unwrap(), offered.checked_add(listed).unwrap()));

    let back = v1::ListingVerdict::Complete.into();
    let wordless =
        command!(operator, review_listing, ReviewListingRequest, id, verdict: back).unwrap_err();
    assert_eq!(wordless.code(), Code::InvalidArgument);
    let reasons = vec!["缺少披露内容".to_owned()];
    command!(operator, review_listing, ReviewListingRequest, id, verdict: back, reasons: reasons)
        .unwrap();
    let whole = terms(cast.regional_fund, "G-1");
    command!(lp, draft_listing, DraftListingRequest, id, terms: Some(whole)).unwrap();
    let submitted = command!(lp, submit_listing, SubmitListingRequest, id).unwrap();
    assert_eq!(submitted.completeness.unwrap().score, "1.000000");
    let verdict = v1::ListingVerdict::Accept.into();
    let reviewed =
        command!(operator, review_listing, ReviewListingRequest, id, verdict: verdict).unwrap();
    let kinds: Vec<_> = reviewed.gates.iter().map(v1::Gate::kind).collect();
    let partners = [v1::GateKind::PartnersNotice, v1::GateKind::FirstRefusal];
    assert_eq!(kinds, [&partners[..], &[v1::GateKind::ManagerConsent]].concat());
    id
}

/// Its gates answered, or passed in silence, and announced.
async fn announced(exchange: &Exchange, cast: &Cast, counter: &mut Counter) -> String {
    let id = accepted(cast, counter).await;
    let Counter { partner, operator, manager, stranger, .. } = counter;
    let early = command!(operator, announce_listing, AnnounceListingRequest, id);
    assert_eq!(why(early).0, "GATE_NOT_GREEN");
    let delivered = "2026-11-24".to_owned();
    let told = command!(operator, notify_partners, NotifyPartnersRequest, id,
        delivered_date: delivered, evidence_sha256: vec![1; 32])
    .unwrap();
    assert_eq!(told.due.len(), 2);
    let waiting = due(manager, told.sequence).await;
    let month = "2026-12-24".to_owned();
    assert!(waiting.contains(&(Due::PartnersNotice, month.clone(), Means::GateOpens)));
    assert!(waiting.contains(&(Due::FirstRefusal, month, Means::GateOpens)));
    assert!(waiting.contains(&(Due::ManagerConsent, "2026-12-09".into(), Means::ListingEnds)));
    assert_eq!(due(stranger, told.sequence).await, []);

    // B3: the other partner is told of it and speaks; nobody else knows of it.
    let notice = get(partner, &id, told.sequence).await.unwrap();
    assert!(notice.record.is_none());
    let notice = notice.notice.unwrap();
    assert_eq!((&notice.units[..], &notice.floor[..]), ("1000000.00", ""));
    let answer = v1::ClaimAnswer::Waive.into();
    let spoke =
        command!(partner, answer_first_refusal, AnswerFirstRefusalRequest, id, answer: answer);
    assert!(spoke.unwrap().gate_closed, "everybody has spoken");
    let given = v1::Consent::Given.into();
    let said = command!(stranger, answer_consent, AnswerConsentRequest, id, answer: given,
        evidence_sha256: vec![1; 32]);
    assert_eq!(said.unwrap_err().code(), Code::PermissionDenied);
    command!(manager, answer_consent, AnswerConsentRequest, id, answer: given,
        evidence_sha256: vec![1; 32])
    .unwrap();
    // B1: the notice takes its month.
    let early = command!(operator, announce_listing, AnnounceListingRequest, id);
    assert_eq!(why(early).0, "GATE_NOT_GREEN");
    exchange.set_time(at("2026-12-25", 9, 30));
    let announced = command!(operator, announce_listing, AnnounceListingRequest, id).unwrap();
    let period = announced.period.unwrap();
    assert_eq!((&period.from_date[..], &period.last_date[..]), ("2026-12-25", "2027-01-22"));
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a5_a8_b3_c2_a_listing_lives_from_its_draft_to_its_withdrawal_over_a_restart() {
    let mut exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let before = units_of(&cast.lp, cast.regional_fund).await;
    let mut counter = Counter::of(&cast).await;
    let id = announced(&exchange, &cast, &mut counter).await;
    cast.all_seen().await;

    // A5: a stranger sees the teaser, and by no filter of which fund it is.
    let teaser = get(&mut counter.stranger, &id, 0).await.unwrap();
    assert_eq!((teaser.stage(), teaser.documents.len()), (Stage::Announced, 1));
    assert!(teaser.record.is_none() && teaser.notice.is_none() && teaser.accepted_at.is_none());
    let of_fund =
        v1::ListListingsRequest { fund_id: cast.regional_fund.to_string(), ..Default::default() };
    assert_eq!(listed(&mut counter.stranger, of_fund.clone()).await, 0);
    assert_eq!(listed(&mut counter.stranger, v1::ListListingsRequest::default()).await, 1);
    assert_eq!(listed(&mut counter.operator, of_fund.clone()).await, 1);
    let own = v1::ListListingsRequest { own: true, ..Default::default() };
    assert_eq!(listed(&mut counter.lp, own.clone()).await, 1);
    assert_eq!(listed(&mut counter.operator, own).await, 0);
    let drafts = v1::ListListingsRequest { stage: Stage::Draft.into(), ..Default::default() };
    assert_eq!(listed(&mut counter.operator, drafts).await, 0);

    // A4, A5: the full disclosure is for a qualified investor that accepted the terms.
    let (reason, rule) = why(disclosure(&mut counter.buyer, &id).await);
    assert_eq!((&reason[..], &rule[..]), ("CONFIDENTIALITY_NOT_ACCEPTED", "A5"));
    let terms_sha256 = vec![9; 32];
    let unqualified = command!(counter.partner, accept_confidentiality,
        AcceptConfidentialityRequest, id, terms_sha256: terms_sha256.clone());
    assert_eq!(why(unqualified), ("NOT_QUALIFIED".to_owned(), "A4".to_owned()));
    let accepted = command!(counter.buyer, accept_confidentiality, AcceptConfidentialityRequest,
        id, terms_sha256: terms_sha256)
    .unwrap();
    cast.all_seen().await;
    let full = disclosure(&mut counter.buyer, &id).await.unwrap();
    let told = full.terms.unwrap();
    assert_eq!((told.documents.len(), told.disclosures.len()), (2, 18));
    assert_eq!((&told.floor[..], &full.deposit_cash[..]), ("", ""), "the reserve is hidden");
    assert_eq!(full.seller_id, cast.lp.id.to_string());
    assert_eq!(listed(&mut counter.buyer, of_fund).await, 1);
    let seen = get(&mut counter.buyer, &id, accepted.sequence).await.unwrap();
    assert!(seen.accepted_at.is_some() && seen.record.is_none());

    // Each look is recorded; the owner reads who looked at what.
    let mut looked = 0;
    for _ in 0..2 {
        let look = command!(counter.buyer, look_at_document, LookAtDocumentRequest, id,
            document_sha256: vec![2; 32]);
        looked = look.unwrap().sequence;
    }
    let other = command!(counter.buyer, look_at_document, LookAtDocumentRequest, id,
        document_sha256: vec![3; 32]);
    assert_eq!(why(other).0, "DOCUMENT_NOT_FOUND");
    looks(&mut counter, &cast, &id, looked).await;

    exchange.stop().await;
    exchange.start().await;
    let mut counter = Counter::of(&cast).await;
    looks(&mut counter, &cast, &id, looked).await;
    suspended_and_resumed(&exchange, &mut counter, &id).await;

    // The seller withdraws; the units are free, and the teaser is down.
    let wordless = command!(counter.lp, withdraw_listing, WithdrawListingRequest, id);
    let details = wordless.unwrap_err().get_error_details();
    let fields = &details.bad_request().unwrap().field_violations;
    assert_eq!(fields[0].field, "reason");
    let reason = "改为持有".to_owned();
    let ended =
        command!(counter.lp, withdraw_listing, WithdrawListingRequest, id, reason: reason).unwrap();
    cast.all_seen().await;
    assert_eq!(units_of(&cast.lp, cast.regional_fund).await, before);
    let own = get(&mut counter.lp, &id, ended.sequence).await.unwrap();
    assert_eq!(own.stage(), Stage::Withdrawn);
    assert!(own.record.unwrap().dates.unwrap().ended.is_some());
    for other in [&mut counter.stranger, &mut counter.buyer] {
        let gone = get(other, &id, ended.sequence).await.unwrap_err();
        assert_eq!(gone.code(), Code::NotFound);
        assert_eq!(disclosure(other, &id).await.unwrap_err().code(), Code::NotFound);
    }
    assert_eq!(events(&mut counter.lp, &id).await.last().unwrap(), "ListingEnded");
    exchange.stop().await;
}

/// What the owner reads of who looked, and nobody else but the venue.
async fn looks(counter: &mut Counter, cast: &Cast, id: &str, after: u64) {
    let ask = v1::ListListingLooksRequest {
        listing_id: id.to_owned(),
        after_sequence: after,
        ..Default::default()
    };
    let seen = counter.lp.list_listing_looks(ask.clone()).await.unwrap().into_inner().looks;
    assert_eq!(seen.len(), 1);
    let look = &seen[0];
    assert_eq!((&look.party_id, look.count), (&cast.s_fund.id.to_string(), 2));
    assert_eq!((&look.name[..], &look.sha256), ("审计报告", &vec![2; 32]));
    let not = counter.buyer.list_listing_looks(ask).await.unwrap_err();
    assert_eq!(not.code(), Code::NotFound);
    let ask = v1::ListListingReadersRequest { listing_id: id.to_owned(), ..Default::default() };
    let readers = counter.lp.list_listing_readers(ask).await.unwrap().into_inner().readers;
    assert_eq!(readers.iter().map(|one| &one.party_id).collect::<Vec<_>>(), [&look.party_id]);
}

/// C2: an announcement stands still and goes on, and who may read what of it.
async fn suspended_and_resumed(exchange: &Exchange, counter: &mut Counter, id: &str) {
    let Counter { lp, operator, stranger, .. } = counter;
    let until = "2026-12-31".to_owned();
    let reason = "核实".to_owned();
    let stands = command!(operator, suspend_listing, SuspendListingRequest, id, until_date: until,
        reason: reason)
    .unwrap();
    assert_eq!(
        due(lp, stands.sequence).await,
        [(Due::Suspension, "2026-12-31".to_owned(), Means::AnnouncementResumes)]
    );
    exchange.set_time(at("2026-12-28", 10, 0));
    let resumed = command!(operator, resume_listing, ResumeListingRequest, id).unwrap();
    let last = resumed.period.unwrap().last_date;
    assert_eq!(
        due(lp, resumed.sequence).await,
        [(Due::Announcement, last, Means::IntentionsClose)]
    );
    let own = events(lp, id).await;
    assert_eq!(own.first().unwrap(), "ListingDrafted");
    assert_eq!(own.iter().filter(|name| *name == "GateClosed").count(), 3);
    let public = events(stranger, id).await;
    assert_eq!(public, ["ListingAnnounced", "ListingSuspended", "ListingResumed"]);
    let not = command!(operator, resume_listing, ResumeListingRequest, id);
    assert_eq!(why(not).0, "LISTING_STAGE");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_hears_of_everything_and_a_reader_of_what_is_public() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let mut counter = Counter::of(&cast).await;
    cast.all_seen().await;
    let from = cast.operator.client.admin().status().await.unwrap().durable;
    let id = announced(&exchange, &cast, &mut counter).await;
    let terms_sha256 = vec![9; 32];
    command!(counter.buyer, accept_confidentiality, AcceptConfidentialityRequest, id,
        terms_sha256: terms_sha256)
    .unwrap();
    let (until, reason) = ("2026-12-31".to_owned(), "核实".to_owned());
    command!(counter.operator, suspend_listing, SuspendListingRequest, id, until_date: until,
        reason: reason)
    .unwrap();
    let reason = "改为持有".to_owned();
    command!(counter.lp, withdraw_listing, WithdrawListingRequest, id, reason: reason).unwrap();
    cast.all_seen().await;
    let heard = |player: &Player| {
        let mut stream = player.client.trading().my_events().after(from).open();
        async move {
            let mut names = Vec::new();
            while names.last().is_none_or(|name| name != "ListingEnded") {
                let next = soon("an event", stream.next()).await.unwrap();
                if let MyChange::ListingHappened(happened) = next.change {
                    names.push(happened.event);
                }
            }
            names
        }
    };
    let own = heard(&cast.lp).await;
    assert_eq!(own.first().unwrap(), "ListingDrafted");
    for name in ["GateClosed", "FirstRefusalAnswered", "ConfidentialityAccepted"] {
        assert!(own.iter().any(|one| one == name), "{name}: {own:?}");
    }
    let reader = heard(&cast.s_fund).await;
    // What was public before it accepted the terms is told too to who catches up.
    let public = ["ListingAnnounced", "ConfidentialityAccepted", "ListingSuspended"];
    assert_eq!(reader, [&public[..], &["ListingEnded"]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_of_a_draft_is_told_field_by_field() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let mut lp = listings(&cast.url, &cast.lp.key).await;
    let mut wrong = v1::ListingTerms {
        floor: "1.00001".to_owned(),
        method: 0,
        deposit: "x".to_owned(),
        if_nobody_comes: Some(v1::IfNobodyComes { action: None }),
        payment: None,
        ..terms(cast.regional_fund, "")
    };
    wrong.documents[1].sha256.pop();
    wrong.disclosures[0].field = 99;
    let ask = v1::DraftListingRequest {
        request_id: request_id(),
        listing_id: "order-1".to_owned(),
        terms: Some(wrong),
        ..Default::default()
    };
    let status = lp.draft_listing(ask).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    let fields: Vec<_> = violations.iter().map(|one| &one.field[..]).collect();
    let expected = [
        "listing_id",
        "terms.code",
        "terms.method",
        "terms.floor",
        "terms.deposit",
        "terms.if_nobody_comes",
        "terms.payment",
        "terms.disclosures[0].field",
        "terms.documents[1].sha256",
    ];
    assert_eq!(fields, expected);
    let far = v1::ListListingsRequest { page_token: "order-1".to_owned(), ..Default::default() };
    assert_eq!(lp.list_listings(far).await.unwrap_err().code(), Code::InvalidArgument);
}
