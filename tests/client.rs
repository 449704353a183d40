//! The client against a server, over a line that is cut on purpose.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]
#![allow(missing_docs, reason = "a test is no library")]
#![allow(clippy::arithmetic_side_effects, reason = "a test")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use sfund_sdk::{
    ApiKey, AuditChange, Client, Currency, Date, Decided, EntryFilter, Error, FundDetails, FundId,
    Instruction, KeyScope, LegalForm, MarketChange, Money, MyChange, Options, Order, OrderFilter,
    OrderReply, PartyDetails, PartyForm, PartyId, Price, Qualification, Retry, Reviewed, Role,
    Sequence, Time, TradingState, TransferOutcome, TransferRequest, Units,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn serve(folder: &Path) -> Server {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sfund"))
        .env_clear()
        .current_dir(folder)
        .env("SFUND__STORE__PATH", "store")
        .env("SFUND__SERVER__ADDRESS", "127.0.0.1:0")
        .env("SFUND__METRICS__ADDRESS", "")
        .args(["serve", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let announced: Value = serde_json::from_str(&line).expect("a server that serves");
    Server { child, address: announced["address"].as_str().unwrap().to_owned() }
}

/// What a line does with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quality {
    /// It carries them both ways.
    Good,
    /// It carries what the client says and loses what the server says.
    Deaf,
}

/// A line between clients and the server.
struct Line {
    address: String,
    quality: watch::Sender<(Quality, u64)>,
}

impl Line {
    async fn to(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (quality, watched) = watch::channel((Quality::Good, 0));
        let far = server.address.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, far.clone(), watched.clone()));
            }
        });
        Self { address, quality }
    }

    fn turn(&self, quality: Quality) {
        self.quality.send_modify(|state| state.0 = quality);
    }

    /// Ends every connection there is.
    fn cut(&self) {
        self.quality.send_modify(|state| state.1 += 1);
    }

    fn client(&self, key: &ApiKey) -> Client {
        let retry = Retry { attempts_max: 20, ..Retry::default() };
        let options = Options::new(format!("http://{}", self.address)).key(key.clone());
        Client::connect_lazy(options.retry(retry).deadline(Duration::from_secs(20))).unwrap()
    }
}

async fn carry(mut near: TcpStream, far: String, mut quality: watch::Receiver<(Quality, u64)>) {
    let Ok(mut far) = TcpStream::connect(far).await else { return };
    let cuts = quality.borrow().1;
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = near.read(&mut up) => match read {
                Ok(count) if count != 0 => far.write_all(&up[..count]).await.unwrap(),
                _ => return,
            },
            read = far.read(&mut down) => match read {
                Ok(count) if count != 0 => {
                    let carried = quality.borrow().0 == Quality::Good;
                    if carried && near.write_all(&down[..count]).await.is_err() {
                        return;
                    }
                }
                _ => return,
            },
            changed = quality.changed() => {
                if changed.is_err() || quality.borrow().1 != cuts {
                    return;
                }
            }
        }
    }
}

/// A venue with one fund, one holder of its units and one investor with cash.
struct World {
    operator: Client,
    fund: FundId,
    seller: PartyId,
    seller_key: ApiKey,
    buyer_key: ApiKey,
}

fn staff(folder: &Path, role: &str) -> ApiKey {
    let text = fs::read_to_string(folder.join("store-keys.toml")).unwrap();
    let keys: toml::Table = toml::from_str(&text).unwrap();
    let keys = keys["key"].as_array().unwrap();
    let found = keys.iter().find(|key| key["role"].as_str() == Some(role)).unwrap();
    found["key"].as_str().unwrap().parse().unwrap()
}

fn in_a_year() -> Time {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time::from_nanos(u64::try_from(now.as_nanos()).unwrap()).plus_seconds(365 * 86_400)
}

fn done<T>(reviewed: Reviewed<T>) -> T {
    match reviewed {
        Reviewed::Done(value) => value,
        Reviewed::Waits(proposal) => panic!("{proposal} waits"),
    }
}

fn direct(server: &Server, key: &ApiKey) -> Client {
    let address = format!("http://{}", server.address);
    Client::connect_lazy(Options::new(address).key(key.clone())).unwrap()
}

fn party(code: &str, role: Role) -> PartyDetails {
    PartyDetails {
        code: code.to_owned(),
        name: format!("Party {code}"),
        role,
        form: PartyForm::Institution,
        look_through: 1,
        tier: 0,
        member: None,
    }
}

async fn key_of(operator: &Client, party: PartyId) -> ApiKey {
    let key = ApiKey::generate().unwrap();
    let issue = operator.admin().issue_key(party, key.hash(), KeyScope::Full, in_a_year());
    done(issue.await.unwrap().value);
    key
}

async fn world(folder: &Path, server: &Server) -> World {
    let operator = direct(server, &staff(folder, "operator"));
    let bank = direct(server, &staff(folder, "settlement_bank"));
    let admin = operator.admin();
    let register =
        async |code, role| done(admin.register_party(party(code, role)).await.unwrap().value);
    let manager = register("MANAGER", Role::Manager).await;
    let seller = register("SELLER", Role::Lp).await;
    let buyer = register("BUYER", Role::SFund).await;
    let qualification = Qualification {
        evidence: [7; 32],
        certifier: "a certifier".to_owned(),
        expires: in_a_year().date(480),
        net_assets: Money::from_fen(100_000_000_000),
        financial_assets: Money::from_fen(100_000_000_000),
        income: Money::ZERO,
    };
    admin.qualify(buyer, qualification).await.unwrap();
    let segments = operator.market().segments().all(10).await.unwrap();
    let segment = segments.iter().find(|segment| segment.code == "licensed").unwrap();
    let details = FundDetails {
        code: "FUND-1".to_owned(),
        name: "Fund One".to_owned(),
        manager,
        legal_form: LegalForm::Partnership,
        province: "JS".to_owned(),
        currency: Currency::CNY,
        segment: segment.id,
        tick: "0.0100".parse().unwrap(),
        lot: "1".parse().unwrap(),
        minimum_ticket: "1".parse().unwrap(),
        holder_cap: None,
        term_ends: Date::from_ymd(2040, 12, 31).unwrap(),
    };
    let fund = admin.register_fund(details).await.unwrap().value;
    admin.issue_units(fund, seller, units("1000000000"), "agreement").await.unwrap();
    let amount = "1000000000".parse().unwrap();
    let deposit = TransferRequest::deposit(amount, Currency::CNY, "R-1").of(buyer);
    let transfer = operator.settlement().request(deposit).await.unwrap().value;
    let settled = bank.settlement().settle(transfer, TransferOutcome::Confirmed, "B-1");
    settled.await.unwrap();
    let (seller_key, buyer_key) = (key_of(&operator, seller).await, key_of(&operator, buyer).await);
    World { operator, fund, seller, seller_key, buyer_key }
}

fn units(text: &str) -> Units {
    text.parse().unwrap()
}

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_command_whose_answer_was_lost_has_one_effect_and_its_first_answer() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let world = world(folder.path(), &server).await;
    let line = Line::to(&server).await;
    let seller = line.client(&world.seller_key);
    let before = seller.register().holding(world.fund).await.unwrap();
    assert_eq!(before.available, units("1000000000"));

    line.turn(Quality::Deaf);
    let order = Order::sell(world.fund, units("1000")).limit(price("2.0000"));
    let order = order.good_till_cancelled();
    let placing = tokio::spawn(seller.trading().place(order).into_future());
    // The venue has it; the client does not know.
    let filter = OrderFilter { party: Some(world.seller), ..OrderFilter::default() };
    loop {
        let orders = world.operator.trading().orders(filter).all(10).await.unwrap();
        if !orders.is_empty() {
            break;
        }
    }
    assert!(!placing.is_finished());
    line.turn(Quality::Good);
    line.cut();
    let answer = placing.await.unwrap().unwrap();
    assert!(answer.repeated);
    let orders = world.operator.trading().orders(filter).all(10).await.unwrap();
    assert_eq!(orders.iter().map(|order| order.id).collect::<Vec<_>>(), [answer.order]);
    // A read after it sees it, without being told to.
    let after = seller.register().holding(world.fund).await.unwrap();
    assert_eq!(after.offered, units("1000"));
    assert!(answer.sequence <= after.sequence);
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_nothing_does() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let world = world(folder.path(), &server).await;
    let seller = direct(&server, &world.seller_key);
    let order = Order::sell(world.fund, units("1000")).limit(price("2.0000"));
    let would = seller.trading().place(order).dry_run().await.unwrap();
    assert_eq!(would.left, units("1000"));
    assert_eq!(seller.register().holding(world.fund).await.unwrap().offered, Units::ZERO);

    let too_much = Order::sell(world.fund, units("1000000001")).limit(price("2.0000"));
    let Err(Error::Refused(no)) = seller.trading().place(too_much).await else {
        panic!("it was not refused")
    };
    assert_eq!((no.reason.as_str(), no.number), ("UNITS_NOT_AVAILABLE", Some(227)));
    assert_eq!(no.rule.as_deref(), Some("A8"));
    assert_eq!(no.metadata.get("available").map(String::as_str), Some("1000000000.00"));

    let odd = Order::sell(world.fund, units("1000")).limit(price("2.0050"));
    let error = seller.trading().place(odd).await.unwrap_err();
    assert!(matches!(error, Error::Malformed(_)), "{error:?}");
    let error = seller.admin().register_party(party("X", Role::Lp)).await.unwrap_err();
    assert!(matches!(error, Error::NotPermitted(_)), "{error:?}");
    let error = seller.market().fund_of_code("NO-SUCH").await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error:?}");
    let nobody = direct(&server, &ApiKey::generate().unwrap());
    let error = nobody.market().venue().await.unwrap_err();
    assert!(matches!(error, Error::Unauthenticated(_)), "{error:?}");
}

#[tokio::test]
async fn streams_give_everything_once_over_a_line_that_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let world = world(folder.path(), &server).await;
    let line = Line::to(&server).await;
    let (seller, buyer) = (direct(&server, &world.seller_key), line.client(&world.buyer_key));
    let start = seller.market().venue().await.unwrap().sequence;
    let mut market = buyer.market().stream().funds(&[world.fund]).after(start).open();
    let mut mine = buyer.trading().my_events().after(start).open();

    const TRADES: u64 = 40;
    let (mut seen, mut traded) = (Vec::new(), Vec::new());
    for number in 0..TRADES {
        let amount = Units::from_e2(100_000_000 + number * 100);
        let offer = Order::sell(world.fund, amount).limit(price("2.0000"));
        seller.trading().place(offer.good_till_cancelled()).await.unwrap();
        let bid = Order::buy(world.fund, amount).limit(price("2.0000"));
        let answer = buyer.trading().place(bid.fill_or_kill()).await.unwrap();
        assert_eq!(answer.fills.len(), 1);
        if number % 3 == 0 {
            line.cut();
        }
        while seen.len() <= usize::try_from(number).unwrap() {
            if let MarketChange::Trade(trade) = market.next().await.unwrap().change {
                seen.push(trade.units);
            }
        }
        while traded.len() <= usize::try_from(number).unwrap() {
            if let MyChange::Traded(trade) = mine.next().await.unwrap().change {
                traded.push(trade.fill.units);
            }
        }
    }
    let all: Vec<_> = (0..TRADES).map(|n| Units::from_e2(100_000_000 + n * 100)).collect();
    assert_eq!(seen, all);
    assert_eq!(traded, all);
}

#[tokio::test]
async fn who_stops_waiting_for_a_stream_again_and_again_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let world = world(folder.path(), &server).await;
    let line = Line::to(&server).await;
    let regulator = line.client(&staff(folder.path(), "regulator"));
    let newest = world.operator.market().venue().await.unwrap().sequence;
    let mut stream = regulator.admin().entries_after(Sequence::ZERO);
    let mut sequences = Vec::new();
    while sequences.last() != Some(&newest) {
        tokio::select! {
            biased;
            change = stream.next() => {
                if let AuditChange::Entry(entry) = change.unwrap() {
                    sequences.push(entry.sequence);
                    line.cut();
                }
            }
            // Gives up at once if nothing is there yet.
            () = tokio::task::yield_now() => {}
        }
    }
    let all: Vec<_> = (1..=newest.number()).map(Sequence::new).collect();
    assert_eq!(sequences, all);
}

#[tokio::test]
async fn the_audit_trail_has_every_entry_once_over_a_line_that_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let world = world(folder.path(), &server).await;
    let line = Line::to(&server).await;
    let regulator = line.client(&staff(folder.path(), "regulator"));
    let newest = world.operator.market().venue().await.unwrap().sequence;
    let mut stream = regulator.admin().entries_after(Sequence::ZERO);
    let mut sequences = Vec::new();
    while sequences.last() != Some(&newest) {
        if let AuditChange::Entry(entry) = stream.next().await.unwrap() {
            sequences.push(entry.sequence);
            line.cut();
        }
    }
    let all: Vec<_> = (1..=newest.number()).map(Sequence::new).collect();
    assert_eq!(sequences, all);
    let filter = EntryFilter { commands: vec!["IssueUnits".to_owned()], ..Default::default() };
    let listed = regulator.admin().entries(filter).all(10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].events[0].name, "UnitsIssued");
    let packs = listed[0].rules.segments.iter().map(|(_, judges)| &judges.pack.code[..]);
    assert_eq!(packs.collect::<Vec<_>>(), ["licensed", "cn-regional"]);
}

#[tokio::test]
async fn an_order_stream_answers_each_instruction_once_over_a_line_that_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let world = world(folder.path(), &server).await;
    let line = Line::to(&server).await;
    let seller = line.client(&world.seller_key);
    let (sender, mut answers) = seller.trading().order_stream().open().await.unwrap();

    const ORDERS: usize = 300;
    let order = Order::sell(world.fund, units("1000")).limit(price("2.0000"));
    let order = Instruction::Place(order.good_till_cancelled());
    let (mut tags, mut answered, mut orders, mut reopened) = (vec![], vec![], vec![], 0);
    for round in 0..3 {
        tags.extend(sender.send_all([order; ORDERS / 3]).await.unwrap());
        if round < 2 {
            line.turn(Quality::Deaf);
            // The venue has some of it, and some of the answers are lost.
            let sent = seller.newest_seen();
            while world.operator.market().venue().await.unwrap().sequence <= sent {}
            line.turn(Quality::Good);
            line.cut();
        }
        while answered.len() < tags.len() {
            match answers.next().await.unwrap().unwrap() {
                OrderReply::Answer { tag, outcome } => {
                    let Decided::Order(outcome) = outcome.unwrap().value else { panic!("{tag:?}") };
                    answered.push(tag);
                    orders.push(outcome.order);
                }
                OrderReply::Reopened => reopened += 1,
            }
        }
    }
    assert_eq!(answered, tags);
    assert!(1 <= reopened);
    orders.sort_unstable();
    orders.dedup();
    assert_eq!(orders.len(), ORDERS);
    sender.close().await.unwrap();
    assert!(answers.next().await.unwrap().is_none());
    let open = seller.trading().orders(OrderFilter::default()).all(1_000).await.unwrap();
    assert_eq!(open.len(), ORDERS, "a goodbye leaves the orders");
}

#[tokio::test]
async fn orders_of_a_stream_that_breaks_are_cancelled_if_it_asked_for_that() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let world = world(folder.path(), &server).await;
    let seller = direct(&server, &world.seller_key);
    let stream = seller.trading().order_stream().cancel_on_disconnect();
    let (sender, mut answers) = stream.open().await.unwrap();
    let order = Order::sell(world.fund, units("1000")).limit(price("2.0000"));
    let place = Instruction::Place(order.good_till_cancelled());
    sender.send_all([place; 10]).await.unwrap();
    for _ in 0..10 {
        answers.next().await.unwrap().unwrap();
    }
    drop((sender, answers));
    let mut events = seller.trading().my_events().after(Sequence::ZERO).open();
    let mut closed = 0;
    while closed < 10 {
        if let MyChange::OrderClosed { reason, .. } = events.next().await.unwrap().change {
            assert_eq!(format!("{reason:?}"), "Disconnected");
            closed += 1;
        }
    }
}

#[tokio::test]
async fn a_halt_is_told_to_everybody_and_stops_orders() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let world = world(folder.path(), &server).await;
    let seller = direct(&server, &world.seller_key);
    let scope = sfund_sdk::TradingScope::Fund(world.fund);
    let admin = world.operator.admin();
    let halted = admin.set_trading_state(scope, TradingState::Halted, "why").await.unwrap();
    let order = Order::sell(world.fund, units("1000")).limit(price("2.0000"));
    let error = seller.trading().place(order).await.unwrap_err();
    assert_eq!(error.reason(), "NOT_TRADING");
    let meters = seller.trading().meters(world.fund).after(halted.sequence).await.unwrap();
    assert_eq!(meters.state, TradingState::Halted);
    assert_eq!(seller.market().fund(world.fund).await.unwrap().effective_state, meters.state);
}
