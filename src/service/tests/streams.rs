//! Streams: of orders, of the market, of a party, of everything.

use std::time::Duration;

use sfund_engine::command::Command;
use sfund_engine::entry::Caller;
use sfund_engine::id::PartyId;
use sfund_engine::registry::fund::{FundDetails, TradingState};
use sfund_engine::registry::register_fund::RegisterFund;
use sfund_engine::trading::set_trading_state::{SetTradingState, TradingScope};
use sfund_proto::v1;
use tonic::Code;
use v1::trading_service_client::TradingServiceClient;

use crate::fixture::{ALICE, CAROL, FUND, disk};
use crate::service::tests::{
    Keyed, Listening, REGULATOR, give, limits, listen, open_venue, place, reason, terms, venue,
};

fn batch(instructions: Vec<v1::OrderInstruction>) -> v1::OrderStreamRequest {
    use v1::order_stream_request::Message;
    v1::OrderStreamRequest { message: Some(Message::Batch(v1::OrderBatch { instructions })) }
}

fn opening_message(cancel_on_disconnect: bool) -> v1::OrderStreamRequest {
    use v1::order_stream_request::Message;
    let open = v1::OrderStreamOpen { cancel_on_disconnect };
    v1::OrderStreamRequest { message: Some(Message::Open(open)) }
}

fn placing(tag: u64, terms: v1::OrderTerms) -> v1::OrderInstruction {
    let instruction = Some(v1::order_instruction::Instruction::Place(terms));
    v1::OrderInstruction { tag, request_id: String::new(), validate_only: false, instruction }
}

/// Sends messages over an order stream and takes `count` answers.
async fn exchange(
    client: &mut TradingServiceClient<Keyed>,
    messages: Vec<v1::OrderStreamRequest>,
    count: usize,
) -> (tokio::sync::mpsc::Sender<v1::OrderStreamRequest>, Vec<v1::OrderAnswer>) {
    use v1::order_stream_response::Message;
    let (sender, receiver) = tokio::sync::mpsc::channel(64);
    for message in messages {
        sender.send(message).await.unwrap();
    }
    let outgoing = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut incoming = client.order_stream(outgoing).await.unwrap().into_inner();
    let mut answers = Vec::new();
    while answers.len() < count {
        match incoming.message().await.unwrap().unwrap().message.unwrap() {
            Message::Opened(opened) => assert_ne!(opened.in_flight_max, 0),
            Message::Batch(batch) => answers.extend(batch.answers),
        }
    }
    (sender, answers)
}

async fn open_orders(listening: &Listening, party: PartyId) -> u32 {
    listening.server.sequencer.read().party(party).unwrap().orders_open
}

/// Waits until `party` has `count` orders open.
async fn until_open(listening: &Listening, party: PartyId, count: u32) {
    let read = listening.server.sequencer.read();
    while open_orders(listening, party).await != count {
        let next = read.newest().sequence.next();
        read.reached(next, Duration::from_secs(10)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_orders_over_one_stream_are_answered_by_their_tags() {
    let listening = open_venue().await;
    let mut alice = listening.trading("alice").await;
    let mut orders: Vec<_> =
        (0..100).map(|tag| placing(tag, terms(v1::Side::Sell, "1.20", "5"))).collect();
    orders.push(placing(100, terms(v1::Side::Sell, "1.2", "x")));
    orders.push(placing(101, terms(v1::Side::Sell, "1.20", "2000000")));
    let (_sender, mut answers) =
        exchange(&mut alice, vec![opening_message(false), batch(orders)], 102).await;
    answers.sort_by_key(|answer| answer.tag);
    assert!(answers.iter().map(|answer| answer.tag).eq(0..102));
    use v1::order_answer::Answer;
    let refusals: Vec<_> = answers
        .iter()
        .filter_map(|answer| match answer.answer.as_ref().unwrap() {
            Answer::Refusal(refusal) => {
                Some((answer.tag, answer.sequence != 0, &refusal.reason[..]))
            }
            Answer::Outcome(_) | Answer::MassCancel(_) => None,
        })
        .collect();
    assert_eq!(refusals, [(100, false, "MALFORMED"), (101, true, "UNITS_NOT_AVAILABLE")]);
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_stream_cancels_its_orders_and_a_goodbye_keeps_them() {
    let listening = open_venue().await;
    let mut alice = listening.trading("alice").await;
    let order = || batch(vec![placing(1, terms(v1::Side::Sell, "1.20", "5"))]);
    let (sender, _) = exchange(&mut alice, vec![opening_message(true), order()], 1).await;
    until_open(&listening, ALICE, 1).await;
    drop(sender);
    until_open(&listening, ALICE, 0).await;

    let goodbye = v1::OrderStreamRequest {
        message: Some(v1::order_stream_request::Message::Goodbye(v1::OrderStreamGoodbye {})),
    };
    let messages = vec![opening_message(true), order(), goodbye];
    let (sender, _) = exchange(&mut alice, messages, 1).await;
    drop(sender);
    until_open(&listening, ALICE, 1).await;
    // A stream without the wish is lost: nothing happens either. The next order is behind it.
    let (sender, _) = exchange(&mut alice, vec![opening_message(false), order()], 1).await;
    drop(sender);
    alice.place_order(place(terms(v1::Side::Sell, "1.20", "5"))).await.unwrap();
    until_open(&listening, ALICE, 3).await;
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_of_a_session_that_a_crash_ended_are_cancelled_at_the_start() {
    let disk = disk();
    let server = venue(&disk).await;
    let mut lost = crate::fixture::order(
        ALICE,
        sfund_engine::trading::side::Side::Sell,
        crate::fixture::cents(120),
        crate::fixture::units(5),
    );
    give(&server, Caller::Party(ALICE), Command::PlaceOrder(lost)).await;
    lost.session = 77;
    give(&server, Caller::Party(ALICE), Command::PlaceOrder(lost)).await;
    let listening = listen(server, limits()).await;
    until_open(&listening, ALICE, 1).await;
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_market_is_streamed_from_any_sequence_with_its_mark_and_its_book() {
    use v1::stream_market_response::Event;
    let listening = open_venue().await;
    let mut alice = listening.trading("alice").await;
    let mut carol = listening.trading("carol").await;
    alice.place_order(place(terms(v1::Side::Sell, "1.20", "500"))).await.unwrap();
    let traded = carol.place_order(place(terms(v1::Side::Buy, "1.20", "200"))).await.unwrap();
    let traded = traded.into_inner();
    assert_eq!(traded.outcome.unwrap().fills[0].units, "200.00");

    let mut anybody = listening.market("carol").await;
    let read = listening.server.sequencer.read();
    let wanted = sfund_engine::id::Sequence::new(traded.sequence);
    read.reached(wanted, Duration::from_secs(10)).await.unwrap();
    let ask = v1::StreamMarketRequest {
        from_sequence: 1,
        fund_ids: vec![FUND.to_string()],
        levels: 5,
        ..Default::default()
    };
    let mut stream = anybody.stream_market(ask).await.unwrap().into_inner();
    let (mut trades, mut is_caught_up) = (0, false);
    let book = loop {
        let message = stream.message().await.unwrap().unwrap();
        match message.event.unwrap() {
            Event::Trade(trade) => {
                assert_eq!((message.sequence, &trade.price[..]), (traded.sequence, "1.2000"));
                trades += 1;
            }
            Event::CaughtUp(_) => {
                assert!(traded.sequence <= message.sequence);
                is_caught_up = true;
            }
            Event::Book(book) => break book,
            Event::TradingState(_)
            | Event::Reference(_)
            | Event::Fund(_)
            | Event::Segment(_)
            | Event::Calendar(_)
            | Event::Lot(_)
            | Event::Heartbeat(_) => {}
        }
    };
    assert_eq!((trades, is_caught_up), (1, true));
    assert_eq!(book.asks[0].units, "300.00");

    let sold = carol.place_order(place(terms(v1::Side::Buy, "1.20", "300"))).await.unwrap();
    loop {
        let message = stream.message().await.unwrap().unwrap();
        if let Some(Event::Trade(_)) = message.event {
            assert_eq!(message.sequence, sold.get_ref().sequence);
            break;
        }
    }
    let ahead = v1::StreamMarketRequest { from_sequence: u64::MAX, ..Default::default() };
    let status = anybody.stream_market(ahead).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    listening.close().await;
}

/// What a watcher of `funds` is told until it has caught up.
async fn told_of(
    listening: &Listening,
    funds: &[String],
    from_sequence: u64,
) -> Vec<v1::StreamMarketResponse> {
    let mut watcher = listening.market("carol").await;
    let ask =
        v1::StreamMarketRequest { from_sequence, fund_ids: funds.to_vec(), ..Default::default() };
    let mut stream = watcher.stream_market(ask).await.unwrap().into_inner();
    let mut told = Vec::new();
    loop {
        let message = stream.message().await.unwrap().unwrap();
        if let Some(v1::stream_market_response::Event::CaughtUp(_)) = message.event {
            return told;
        }
        told.push(message);
    }
}

/// What a watcher of `fund` must be told of `all`: looked at message by message.
fn of_fund(all: &[v1::StreamMarketResponse], fund: &str) -> Vec<v1::StreamMarketResponse> {
    use v1::stream_market_response::Event;
    let is_wanted = |message: &&v1::StreamMarketResponse| match message.event.as_ref().unwrap() {
        Event::Trade(trade) => trade.fund_id == fund,
        Event::Fund(told) => told.fund_id == fund,
        Event::Reference(reference) => reference.fund_id == fund,
        Event::TradingState(_) | Event::Segment(_) | Event::Calendar(_) => true,
        Event::Lot(_) => panic!("lots were not asked for"),
        Event::Book(_) | Event::CaughtUp(_) | Event::Heartbeat(_) => panic!("before the mark"),
    };
    let mut wanted: Vec<_> = all.iter().filter(is_wanted).cloned().collect();
    let after: Vec<_> = wanted.iter().skip(1).map(|next| next.sequence).collect();
    for (index, message) in wanted.iter_mut().enumerate() {
        message.more = after.get(index) == Some(&message.sequence);
    }
    wanted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watchers_of_some_funds_are_told_of_these_and_of_what_concerns_all() {
    let listening = open_venue().await;
    let operator = Caller::Party(crate::fixture::OPERATOR);
    let details = FundDetails { code: "OTHER".to_owned(), ..crate::fixture::fund() };
    let register = RegisterFund { details };
    give(&listening.server, operator, Command::RegisterFund(Box::new(register))).await;
    let mut live = Vec::new();
    for funds in [vec![], vec!["fund-0".to_owned()], vec!["fund-1".to_owned()]] {
        let mut watcher = listening.market("carol").await;
        let ask = v1::StreamMarketRequest { fund_ids: funds, ..Default::default() };
        live.push(watcher.stream_market(ask).await.unwrap().into_inner());
    }
    let mut alice = listening.trading("alice").await;
    let mut carol = listening.trading("carol").await;
    for price in ["1.20", "1.21", "1.22"] {
        alice.place_order(place(terms(v1::Side::Sell, price, "5"))).await.unwrap();
    }
    // One entry of three trades.
    let taken = carol.place_order(place(terms(v1::Side::Buy, "1.30", "15"))).await.unwrap();
    let from = taken.get_ref().sequence;
    let halt = Command::SetTradingState(Box::new(SetTradingState {
        scope: TradingScope::Venue,
        state: TradingState::Halted,
        reason: "a test".to_owned(),
    }));
    give(&listening.server, operator, halt).await;
    let all = told_of(&listening, &[], 1).await;
    let trades = all.iter().filter(|message| message.sequence == from);
    assert!(trades.map(|message| message.more).eq([true, true, false]));
    for fund in ["fund-0", "fund-1"] {
        let told = told_of(&listening, &[fund.to_owned()], 1).await;
        assert_eq!(told, of_fund(&all, fund), "{fund}");
    }
    let both = told_of(&listening, &["fund-0".to_owned(), "fund-1".to_owned()], 1).await;
    assert_eq!(both, all);
    // Those who were there all along were told the same.
    let late: Vec<_> = all.into_iter().filter(|message| from <= message.sequence).collect();
    let wanted = [late.clone(), of_fund(&late, "fund-0"), of_fund(&late, "fund-1")];
    for (mut stream, wanted) in live.into_iter().zip(wanted) {
        let mut told = Vec::new();
        while told.len() < wanted.len() {
            let message = stream.message().await.unwrap().unwrap();
            if message.time.is_some() {
                told.push(message);
            }
        }
        assert_eq!(told, wanted);
    }
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_is_told_of_every_entry_of_those_that_were_written_together() {
    use v1::stream_my_events_response::Event;
    let listening = open_venue().await;
    let mut alice = listening.trading("alice").await;
    let ask = v1::StreamMyEventsRequest { from_sequence: 0, party_id: String::new() };
    let mut watching = alice.stream_my_events(ask).await.unwrap().into_inner();
    while !matches!(watching.message().await.unwrap().unwrap().event, Some(Event::CaughtUp(_))) {}
    let orders = (1..=600).map(|tag| placing(tag, terms(v1::Side::Sell, "1.20", "1"))).collect();
    let (sender, answers) =
        exchange(&mut alice, vec![opening_message(false), batch(orders)], 600).await;
    let answered: Vec<u64> = answers.iter().map(|answer| answer.sequence).collect();
    let mut told = Vec::new();
    while told.len() < answered.len() {
        let message = watching.message().await.unwrap().unwrap();
        let is_late = matches!(message.event, Some(Event::Heartbeat(_)));
        assert!(!is_late || message.sequence < answered[answered.len() - 1], "some did not come");
        if let Some(Event::OrderPlaced(_)) = message.event {
            told.push(message.sequence);
        }
    }
    assert_eq!(told, answered);
    drop(sender);
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_is_told_of_its_own_events_only_and_of_an_entry_whole() {
    use v1::stream_my_events_response::Event;
    let listening = open_venue().await;
    let mut alice = listening.trading("alice").await;
    let mut carol = listening.trading("carol").await;
    alice.place_order(place(terms(v1::Side::Sell, "1.20", "500"))).await.unwrap();
    let bought = carol.place_order(place(terms(v1::Side::Buy, "1.20", "200"))).await.unwrap();
    let last = bought.get_ref().sequence;
    let read = listening.server.sequencer.read();
    read.reached(sfund_engine::id::Sequence::new(last), Duration::from_secs(10)).await.unwrap();

    let ask = v1::StreamMyEventsRequest { from_sequence: 1, party_id: String::new() };
    let mut stream = carol.stream_my_events(ask).await.unwrap().into_inner();
    let mut told = Vec::new();
    loop {
        let message = stream.message().await.unwrap().unwrap();
        let what = match message.event.unwrap() {
            Event::CaughtUp(_) => break,
            Event::Heartbeat(_) => continue,
            Event::OrderPlaced(_) => "placed",
            Event::Trade(trade) => {
                assert_eq!((trade.party_id, trade.side), (CAROL.to_string(), v1::Side::Buy.into()));
                assert!(!trade.fill.unwrap().maker);
                "trade"
            }
            Event::OrderClosed(_) => "closed",
            Event::TransferRequested(_) => "requested",
            Event::TransferSettled(settled) => {
                assert!(settled.confirmed);
                "settled"
            }
            Event::Qualified(_) => "qualified",
            other => panic!("{other:?}"),
        };
        told.push((what, message.more));
    }
    assert_eq!(
        told,
        [
            ("qualified", false),
            ("requested", false),
            ("settled", false),
            ("placed", true),
            ("trade", true),
            ("closed", false),
        ]
    );
    let ask = v1::StreamMyEventsRequest { from_sequence: 0, party_id: ALICE.to_string() };
    assert_eq!(carol.stream_my_events(ask).await.unwrap_err().code(), Code::NotFound);
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_tells_its_streams() {
    let listening = open_venue().await;
    let mut regulator = listening.admin(REGULATOR).await;
    let ask = v1::StreamEntriesRequest { from_sequence: 1 };
    let mut stream = regulator.stream_entries(ask).await.unwrap().into_inner();
    // A sign of life may come before the first entry.
    while stream.message().await.unwrap().unwrap().sequence != 1 {}
    let reader = tokio::spawn(async move {
        loop {
            match stream.message().await {
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(status) => return Some(status),
            }
        }
    });
    listening.close().await;
    let status = reader.await.unwrap().unwrap();
    assert_eq!((status.code(), &reason(&status)[..]), (Code::Unavailable, "STOPPING"));
}
