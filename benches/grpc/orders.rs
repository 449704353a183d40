//! Clients that place orders, let most of them rest, take now and then, and cancel what rests.
//!
//! In a hundred calls some 55 place an order that rests, 10 take 1 to 4 lots, and 35 cancel; each
//! bears an attempt id. What a client does next hangs on the answers, so its orders are its own.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sfund_engine::id::{FundId, OrderId, PartyId};
use sfund_engine::trading::side::Side;
use sfund_proto::v1;
use sfund_proto::v1::trading_service_client::TradingServiceClient;
use sfund_sdk::{ApiKey, Client, Options, Order, OrderState, Price, Retry, Units, Uuid};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::Run;
use crate::cpu::Cpu;
use crate::unary::IN_FLIGHT;
use crate::venue::{Journaled, bearer, key};

/// Two sellers and two buyers of the mix, each with a connection.
pub(crate) const PARTIES: [PartyId; 4] =
    [PartyId::new(8), PartyId::new(9), PartyId::new(21), PartyId::new(22)];
/// Funds of which both sellers hold units.
const FUNDS: std::ops::RangeInclusive<u32> = 1..=3;
/// Orders that one client lets rest.
const RESTING: std::ops::Range<usize> = 8..24;

/// What clients were told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) answers: usize,
    pub(crate) refused: usize,
    /// Sum of the attempt ids: of the same attempts, the same.
    ids: u128,
}

impl Told {
    pub(crate) fn add(&mut self, other: Self) {
        self.answers += other.answers;
        self.refused += other.refused;
        self.ids = self.ids.wrapping_add(other.ids);
    }

    pub(crate) fn note(&mut self, id: Uuid, is_refused: bool) {
        self.answers += 1;
        self.refused += usize::from(is_refused);
        self.ids = self.ids.wrapping_add(id.as_u128());
    }

    /// What was answered is what the journal has.
    pub(crate) fn check(&self, journaled: &Journaled) {
        assert_eq!(journaled.entries.len(), self.answers, "each answer has its entry");
        let attempts = journaled.entries.iter().filter_map(|(header, _)| header.attempt);
        let ids =
            attempts.fold(0_u128, |sum, attempt| sum.wrapping_add(u128::from_be_bytes(attempt.id)));
        assert_eq!(ids, self.ids, "what was sent is what came");
    }
}

/// What one client does next.
enum Next {
    Place(Side, Price, Units, v1::TimeInForce),
    Cancel(usize),
}

struct Whim {
    rng: ChaCha8Rng,
    side: Side,
}

impl Whim {
    fn new(party: PartyId, seed: u64, number: u64) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(number));
        let side = if party.number() < 21 { Side::Sell } else { Side::Buy };
        Self { rng, side }
    }

    fn fund(&mut self) -> FundId {
        FundId::new(self.rng.random_range(FUNDS))
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u128(self.rng.random::<u128>() | 1)
    }

    fn next(&mut self, resting: usize) -> Next {
        let cancels = RESTING.start < resting && self.rng.random_bool(0.4);
        if cancels || RESTING.end <= resting {
            return Next::Cancel(self.rng.random_range(0..resting));
        }
        if self.rng.random_bool(0.15) {
            let lots = self.rng.random_range(1..=4);
            let price = if self.side == Side::Buy { 11_000 } else { 9_000 };
            let (price, units) = (Price::from_e4(price * 100), Units::from_e2(lots * 100));
            return Next::Place(self.side, price, units, v1::TimeInForce::ImmediateOrCancel);
        }
        let away = self.rng.random_range(1..=20);
        let price = if self.side == Side::Buy { 10_000 - away } else { 10_000 + away };
        let units = Units::from_e2(self.rng.random_range(10..=20) * 100);
        let price = Price::from_e4(price * 100);
        Next::Place(self.side, price, units, v1::TimeInForce::GoodTillCancelled)
    }
}

/// One client of the generated kind.
pub(crate) struct Desk {
    client: TradingServiceClient<Channel>,
    bearer: MetadataValue<Ascii>,
    whim: Whim,
    resting: Vec<String>,
    told: Told,
}

impl Desk {
    pub(crate) fn new(
        client: TradingServiceClient<Channel>,
        party: PartyId,
        seed: u64,
        number: u64,
    ) -> Self {
        let whim = Whim::new(party, seed, number);
        let (resting, told) = (Vec::new(), Told::default());
        Self { client, bearer: bearer(party), whim, resting, told }
    }

    /// One call after the other; answers with how long each took.
    pub(crate) async fn work(mut self, calls: usize) -> (Vec<Duration>, Told) {
        let mut times = Vec::with_capacity(calls);
        for _ in 0..calls {
            let since = Instant::now();
            match self.whim.next(self.resting.len()) {
                Next::Place(side, price, units, lasts) => {
                    self.place(side, price, units, lasts).await;
                }
                Next::Cancel(index) => self.cancel(index).await,
            }
            times.push(since.elapsed());
        }
        (times, self.told)
    }

    async fn place(&mut self, side: Side, price: Price, units: Units, lasts: v1::TimeInForce) {
        let id = self.whim.id();
        let order = v1::OrderTerms {
            fund_id: self.whim.fund().to_string(),
            side: side_of(side).into(),
            r#type: v1::OrderType::Limit.into(),
            price: price.to_string(),
            units: units.to_string(),
            time_in_force: lasts.into(),
            ..v1::OrderTerms::default()
        };
        let (request_id, order) = (id.to_string(), Some(order));
        let ask = v1::PlaceOrderRequest { request_id, validate_only: false, order };
        let answer = self.client.place_order(self.signed(ask)).await.expect("an answer");
        self.told.note(id, false);
        let outcome = answer.into_inner().outcome.expect("an outcome");
        if outcome.state() == v1::OrderState::Open {
            self.resting.push(outcome.order_id);
        }
    }

    async fn cancel(&mut self, index: usize) {
        let id = self.whim.id();
        let cancellation = Some(v1::Cancellation { order_id: self.resting.swap_remove(index) });
        let ask = v1::CancelOrderRequest {
            request_id: id.to_string(),
            validate_only: false,
            cancellation,
        };
        match self.client.cancel_order(self.signed(ask)).await {
            Ok(_) => self.told.note(id, false),
            // It traded in the meantime.
            Err(status) => {
                let gone = [Code::FailedPrecondition, Code::NotFound].contains(&status.code());
                assert!(gone, "{status}");
                self.told.note(id, true);
            }
        }
    }

    fn signed<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.bearer.clone());
        request
    }
}

pub(crate) fn side_of(side: Side) -> v1::Side {
    match side {
        Side::Buy => v1::Side::Buy,
        Side::Sell => v1::Side::Sell,
    }
}

/// The same through the SDK: deadlines, retries and typed answers included.
pub(crate) fn through_sdk(
    clients: &Runtime,
    address: SocketAddr,
    calls: usize,
    seed: u64,
) -> (Run, Told) {
    clients.block_on(async {
        let mut desks = Vec::new();
        for (number, party) in PARTIES.into_iter().enumerate() {
            let key: ApiKey = key(party).parse().expect("a key");
            let options = Options::new(format!("http://{address}")).key(key).retry(Retry::never());
            let client = Client::connect(options).await.expect("it answers");
            for worker in 0..IN_FLIGHT {
                let number = u64::try_from(number * IN_FLIGHT + worker + 500).expect("few");
                desks.push((client.clone(), Whim::new(party, seed, number)));
            }
        }
        let each = calls / desks.len();
        all(desks.into_iter().map(|(client, whim)| sdk_work(client, whim, each))).await
    })
}

/// Works all desks at once; answers with how long each call took, and what they were told.
pub(crate) async fn all<D>(desks: impl Iterator<Item = D>) -> (Run, Told)
where
    D: Future<Output = (Vec<Duration>, Told)> + Send + 'static,
{
    let (before, since) = (Cpu::now(), Instant::now());
    let mut working: JoinSet<_> = desks.collect();
    let (mut times, mut told) = (Vec::new(), Told::default());
    while let Some(done) = working.join_next().await {
        let (of_desk, of_told) = done.expect("no panic");
        times.extend(of_desk);
        told.add(of_told);
    }
    let (wall, cpu) = (since.elapsed(), Cpu::now().since(before));
    (Run { calls: times.len(), wall, times, cpu }, told)
}

async fn sdk_work(client: Client, mut whim: Whim, calls: usize) -> (Vec<Duration>, Told) {
    let (mut times, mut told) = (Vec::with_capacity(calls), Told::default());
    let mut resting: Vec<OrderId> = Vec::new();
    for _ in 0..calls {
        let since = Instant::now();
        match whim.next(resting.len()) {
            Next::Place(side, price, units, lasts) => {
                let fund = whim.fund();
                let order = match side {
                    Side::Buy => Order::buy(fund, units).limit(price),
                    Side::Sell => Order::sell(fund, units).limit(price),
                };
                let order = match lasts {
                    v1::TimeInForce::ImmediateOrCancel => order.immediate_or_cancel(),
                    _ => order.good_till_cancelled(),
                };
                let command = client.trading().place(order);
                told.note(command.id(), false);
                let answer = command.await.expect("an answer");
                if answer.state == OrderState::Open {
                    resting.push(answer.order);
                }
            }
            Next::Cancel(index) => {
                let command = client.trading().cancel(resting.swap_remove(index));
                let id = command.id();
                let is_refused = match command.await {
                    Ok(_) => false,
                    Err(error) => error.refusal().map(|_| true).expect("a refusal"),
                };
                told.note(id, is_refused);
            }
        }
        times.push(since.elapsed());
    }
    (times, told)
}
