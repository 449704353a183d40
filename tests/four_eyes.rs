//! What takes two persons: rules, staff, and money.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use harness::cast::cash_of;
use harness::{Exchange, client, money, refusal, told};
use sfund_sdk::{
    ApiKey, Currency, Error, Fees, KeyScope, Money, PartyDetails, PartyForm, Ppm, ProposalEnd,
    ProposalId, Rates, Reviewed, Role, TransferOutcome, TransferRequest, Verdict,
};

fn waits<T: std::fmt::Debug>(reviewed: Reviewed<T>) -> ProposalId {
    match reviewed {
        Reviewed::Waits(proposal) => proposal,
        Reviewed::Done(done) => panic!("done at once: {done:?}"),
    }
}

fn flat(ppm: u32) -> Fees {
    let rate = Ppm::new(ppm);
    Fees {
        tiers: vec![Rates { maker_buy: rate, maker_sell: rate, taker_buy: rate, taker_sell: rate }],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_change_only_when_a_supervisor_approves() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let (operator, supervisor) = (cast.operator.client.admin(), cast.supervisor.client.admin());
    let market = cast.lp.client.market();
    let before = market.segment(cast.licensed).await.unwrap().value;

    let mut pack = before.pack.clone();
    pack.version += 1;
    pack.turnaround_trading_days = 0;
    let adoption = waits(operator.adopt_pack(cast.licensed, pack.clone()).await.unwrap().value);
    let fees = waits(operator.set_fees(cast.licensed, &flat(2_000)).await.unwrap().value);
    assert_eq!(market.segment(cast.licensed).await.unwrap().value, before);
    cast.all_seen().await;
    let waiting = supervisor.proposals().all(10).await.unwrap();
    let names: Vec<_> = waiting.iter().map(|one| (one.id, one.command.as_str())).collect();
    assert_eq!(names, [(adoption, "AdoptPack"), (fees, "SetFees")]);
    assert!(waiting.iter().all(|one| one.by == cast.operator.id));

    // An operator is no supervisor, whoever it is.
    let no = operator.review(adoption, Verdict::Approve).await.unwrap_err();
    assert!(matches!(no, Error::NotPermitted(_)), "{no}");
    let done = supervisor.review(adoption, Verdict::Approve).await.unwrap();
    assert_eq!(done.events, ["PackAdopted", "ProposalClosed"]);
    supervisor.review(fees, Verdict::Decline).await.unwrap();
    let again = supervisor.review(fees, Verdict::Approve).await;
    assert_eq!(refusal(again).reason, "PROPOSAL_NOT_OPEN");
    cast.all_seen().await;
    let after = market.segment(cast.licensed).await.unwrap().value;
    assert_eq!((&after.pack, &after.fees), (&pack, &before.fees));
    let ended = supervisor.ended_proposals().all(10).await.unwrap();
    let ends: Vec<_> = ended.iter().map(|one| (one.id, one.end, one.ended_by)).collect();
    assert_eq!(
        ends,
        [
            (fees, Some(ProposalEnd::Declined), Some(cast.supervisor.id)),
            (adoption, Some(ProposalEnd::Approved), Some(cast.supervisor.id)),
        ]
    );

    // It is decided anew when it is approved: of two that were sound when asked for, one is late.
    let next = sfund_sdk::Pack { version: 3, ..pack };
    let first = waits(operator.adopt_pack(cast.licensed, next.clone()).await.unwrap().value);
    let second = waits(operator.adopt_pack(cast.licensed, next.clone()).await.unwrap().value);
    supervisor.review(second, Verdict::Approve).await.unwrap();
    let late = refusal(supervisor.review(first, Verdict::Approve).await);
    assert_eq!((late.reason.as_str(), told(&late, "current")), ("PACK_NOT_NEWER", "3"));
    let old = refusal(operator.adopt_pack(cast.licensed, next).await);
    assert_eq!(old.reason, "PACK_NOT_NEWER", "nor does it become a proposal any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn open_orders_keep_the_fees_that_they_were_placed_under() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    cast.lp.client.trading().place(cast.sell("2000000", "1.50")).await.unwrap();
    let set = cast.operator.client.admin().set_fees(cast.licensed, &flat(3_000)).await.unwrap();
    let approve = cast.supervisor.client.admin().review(waits(set.value), Verdict::Approve);
    approve.await.unwrap();
    let bought = cast.s_fund.client.trading().place(cast.buy("2000000", "1.50")).await.unwrap();
    assert_eq!(bought.fills[0].fee, money("9000.00"), "the new order pays the new fee");
    cast.all_seen().await;
    let trades = cast.lp.client.trading().my_trades().all(1).await.unwrap();
    assert_eq!(trades[0].fill.fee, money("3000.00"), "the old one its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_staff_key_opens_the_door_once_a_second_person_approved() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let (operator, supervisor) = (cast.operator.client.admin(), cast.supervisor.client.admin());
    let details = PartyDetails {
        code: "supervisor-2".to_owned(),
        name: "Second supervisor".to_owned(),
        role: Role::Supervisor,
        form: PartyForm::Institution,
        look_through: 1,
        tier: 0,
        member: None,
    };
    let registration = waits(operator.register_party(details).await.unwrap().value);
    let created = supervisor.review(registration, Verdict::Approve).await.unwrap().value.created;
    let party = created.parse().unwrap();
    let key = ApiKey::generate().unwrap();
    let expires = cast.now.plus_seconds(86_400);
    let issue = operator.issue_key(party, key.hash(), KeyScope::Full, expires).await.unwrap();
    let proposal = waits(issue.value);
    let client = client(&cast.url, &key).await;
    let no = client.admin().caller().await.unwrap_err();
    assert!(matches!(no, Error::Unauthenticated(_)), "{no}");
    supervisor.review(proposal, Verdict::Approve).await.unwrap();
    let caller = client.admin().caller().await.unwrap();
    assert_eq!((caller.party.id, caller.party.details.role), (party, Role::Supervisor));
    operator.revoke_key(key.hash()).await.unwrap();
    let no = client.admin().caller().await.unwrap_err();
    assert_eq!(no.reason(), "KEY_REVOKED", "at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_that_nobody_answers_lapses() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let (operator, supervisor) = (cast.operator.client.admin(), cast.supervisor.client.admin());
    let asked = operator.set_fees(cast.licensed, &flat(2_000)).await.unwrap();
    let proposal = waits(asked.value);
    let listed = supervisor.proposals().after(asked.sequence).all(1).await.unwrap();
    let expires = listed[0].expires;
    assert_eq!(expires, asked.time.plus_seconds(7 * 86_400));
    exchange.set_time(sfund_sdk::Time::from_nanos(expires.nanos() - 1_000));
    let dry = supervisor.review(proposal, Verdict::Approve).dry_run().await.unwrap();
    assert!(!dry.events.is_empty(), "a moment before, it still waits");
    exchange.set_time(expires);
    let late = refusal(supervisor.review(proposal, Verdict::Approve).await);
    assert_eq!((late.reason.as_str(), late.number), ("PROPOSAL_NOT_OPEN", Some(126)));
    let ended = supervisor.ended_proposals().all(1).await.unwrap();
    assert_eq!((ended[0].end, ended[0].ended_by), (Some(ProposalEnd::Lapsed), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn money_moves_when_the_bank_says_so_and_not_before() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let (buyer, bank) = (cast.s_fund.client.settlement(), cast.bank.client.settlement());
    let before = cash_of(&cast.s_fund).await;
    let deposit = TransferRequest::deposit(money("500.00"), Currency::CNY, "wire 2");
    let asked = buyer.request(deposit.clone()).await.unwrap();
    assert_eq!(cash_of(&cast.s_fund).await, before, "nothing before the bank's word");
    for nobody in [&cast.s_fund, &cast.operator, &cast.supervisor] {
        let own = nobody.client.settlement();
        let no = own.settle(asked.value, TransferOutcome::Confirmed, "mine").await.unwrap_err();
        assert!(matches!(no, Error::NotPermitted(_)), "{no}");
    }
    let waiting = bank.pending().after(asked.sequence).all(10).await.unwrap();
    assert_eq!((waiting[0].id, waiting[0].reference.as_str()), (asked.value, "wire 2"));
    bank.settle(asked.value, TransferOutcome::Confirmed, "b-1").await.unwrap();
    cast.all_seen().await;
    assert_eq!(cash_of(&cast.s_fund).await.0, before.0.plus(money("500.00")));
    let twice = bank.settle(asked.value, TransferOutcome::Confirmed, "b-1").await;
    assert_eq!(refusal(twice).reason, "TRANSFER_NOT_PENDING");

    // A withdrawal holds the cash until the bank has paid, and gives it back if it does not.
    let out = TransferRequest::withdrawal(money("100000000.00"), Currency::CNY, "out 1");
    let asked = buyer.request(out.clone()).await.unwrap();
    assert_eq!(cash_of(&cast.s_fund).await, (money("500.00"), money("100000000.00")));
    let no = refusal(cast.s_fund.client.trading().place(cast.buy("1000000", "1.50")).await);
    assert_eq!(no.reason, "CASH_NOT_AVAILABLE");
    bank.settle(asked.value, TransferOutcome::Refused, "no such account").await.unwrap();
    cast.all_seen().await;
    assert_eq!(cash_of(&cast.s_fund).await, (money("100000500.00"), Money::ZERO));
    let settled = buyer.settled().all(10).await.unwrap();
    assert_eq!(settled[0].outcome, Some(TransferOutcome::Refused));
    let asked = buyer.request(out).await.unwrap();
    bank.settle(asked.value, TransferOutcome::Confirmed, "b-2").await.unwrap();
    cast.all_seen().await;
    assert_eq!(cash_of(&cast.s_fund).await, (money("500.00"), Money::ZERO));
    let too_much = TransferRequest::withdrawal(money("500.01"), Currency::CNY, "out 2");
    assert_eq!(refusal(buyer.request(too_much).await).reason, "CASH_NOT_AVAILABLE");
}
