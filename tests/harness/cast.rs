//! Who uses the exchange in the tests, and what trades.

use std::path::Path;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use sfund_sdk::{
    ApiKey, Client, Currency, FundDetails, FundId, KeyScope, LegalForm, Money, Order, PartyDetails,
    PartyForm, PartyId, Price, Qualification, Reviewed, Role, SegmentId, Time, TransferOutcome,
    TransferRequest, Units,
};

use super::{client, money, price, staff_key, units};

/// Somebody with a key.
#[derive(Clone)]
pub struct Player {
    pub id: PartyId,
    pub key: ApiKey,
    pub client: Client,
}

/// Everybody, and two funds.
///
/// The two LPs hold 10,000,000 units each of both funds. The two S-funds are qualified and have
/// 100,000,000.00 each. The second LP is a client of the member.
#[derive(Clone)]
pub struct Cast {
    pub url: String,
    pub now: Time,
    pub operator: Player,
    pub supervisor: Player,
    pub bank: Player,
    pub regulator: Player,
    pub manager: Player,
    pub lender: Player,
    pub member: Player,
    pub lp: Player,
    pub other_lp: Player,
    pub s_fund: Player,
    pub other_s_fund: Player,
    pub licensed: SegmentId,
    pub regional: SegmentId,
    /// Trades continuously: tick 0.01, lot 1, tier 0 pays 0.1 %.
    pub fund: FundId,
    /// Is sold by agreement only.
    pub regional_fund: FundId,
}

impl Cast {
    /// Registers everybody at the exchange behind `url`, at `now` by its clock.
    pub async fn register(url: &str, keys: &Path, now: Time) -> Self {
        let staff = |code: &'static str| async move {
            let key = staff_key(keys, code);
            let client = client(url, &key).await;
            let id = client.admin().caller().await.unwrap().value.party.id;
            Player { id, key, client }
        };
        let operator = staff("operator-1").await;
        let supervisor = staff("supervisor-1").await;
        let bank = staff("bank-1").await;
        let regulator = staff("regulator-1").await;
        let hall = Hall { url, now, operator: &operator, bank: &bank };
        let manager = hall.player("manager-1", Role::Manager, None).await;
        let lender = hall.player("lender-1", Role::Lender, None).await;
        let member = hall.player("member-1", Role::Member, None).await;
        let lp = hall.player("lp-1", Role::Lp, None).await;
        let other_lp = hall.player("lp-2", Role::Lp, Some(member.id)).await;
        let s_fund = hall.player("s-fund-1", Role::SFund, None).await;
        let other_s_fund = hall.player("s-fund-2", Role::SFund, None).await;
        let segments = operator.client.market().segments().all(10).await.unwrap();
        let segment = |code: &str| segments.iter().find(|one| one.code == code).unwrap().id;
        let (licensed, regional) = (segment("licensed"), segment("regional"));
        let fund = hall.fund(details("GROWTH-1", licensed, manager.id)).await;
        let regional_fund = hall.fund(details("GROWTH-2", regional, manager.id)).await;
        for holder in [&lp, &other_lp] {
            for fund in [fund, regional_fund] {
                hall.issue(fund, holder.id, units("10000000")).await;
            }
        }
        for buyer in [&s_fund, &other_s_fund] {
            hall.qualify(buyer.id).await;
            hall.deposit(buyer, money("100000000.00")).await;
        }
        Self {
            url: url.to_owned(),
            now,
            operator,
            supervisor,
            bank,
            regulator,
            manager,
            lender,
            member,
            lp,
            other_lp,
            s_fund,
            other_s_fund,
            licensed,
            regional,
            fund,
            regional_fund,
        }
    }

    /// What the operator and the bank do for others.
    pub fn hall(&self) -> Hall<'_> {
        Hall { url: &self.url, now: self.now, operator: &self.operator, bank: &self.bank }
    }

    /// Waits until everybody sees all that was answered: a client waits for its own entries only.
    pub async fn all_seen(&self) {
        let operator = &self.operator.client;
        let durable = operator.admin().status().await.unwrap().durable;
        operator.market().venue().after(durable).await.unwrap();
    }

    /// Who trades: two that sell, two that buy.
    pub fn traders(&self) -> [&Player; 4] {
        [&self.lp, &self.other_lp, &self.s_fund, &self.other_s_fund]
    }

    /// An order of the cast's fund to sell, good till cancelled.
    pub fn sell(&self, units: &str, price: &str) -> Order {
        Order::sell(self.fund, parse(units)).limit(parse(price)).good_till_cancelled()
    }

    /// An order of the cast's fund to buy, good till cancelled.
    pub fn buy(&self, units: &str, price: &str) -> Order {
        Order::buy(self.fund, parse(units)).limit(parse(price)).good_till_cancelled()
    }
}

/// Some of these the market takes and some it refuses.
pub fn random_order(fund: FundId, rng: &mut ChaCha8Rng, sells: bool) -> Order {
    let price = Price::from_e4(rng.random_range(140..160) * 100);
    let units = |units: u64| Units::from_e2(units * 100);
    let order = if sells {
        let much = if rng.random_ratio(1, 8) { 20_000_000 } else { rng.random_range(1..2_000) };
        Order::sell(fund, units(much)).limit(price)
    } else {
        let few = if rng.random_ratio(1, 8) { 10 } else { rng.random_range(720_000..750_000) };
        Order::buy(fund, units(few)).limit(price)
    };
    if rng.random_ratio(1, 3) { order.immediate_or_cancel() } else { order.good_till_cancelled() }
}

fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// What is said of a fund of this code.
pub fn details(code: &str, segment: SegmentId, manager: PartyId) -> FundDetails {
    FundDetails {
        code: code.to_owned(),
        name: format!("苏州成长基金 {code}"),
        manager,
        legal_form: LegalForm::Partnership,
        province: "JS".to_owned(),
        currency: Currency::CNY,
        segment,
        tick: price("0.01"),
        lot: units("1"),
        minimum_ticket: Units::ZERO,
        holder_cap: None,
        term_ends: "2033-12-31".parse().unwrap(),
    }
}

/// The operator's and the bank's side of the counter.
pub struct Hall<'a> {
    pub url: &'a str,
    pub now: Time,
    pub operator: &'a Player,
    pub bank: &'a Player,
}

impl Hall<'_> {
    /// A new party with a key for a year.
    pub async fn player(&self, code: &str, role: Role, member: Option<PartyId>) -> Player {
        let details = PartyDetails {
            code: code.to_owned(),
            name: format!("Party {code}"),
            role,
            form: PartyForm::Institution,
            look_through: 1,
            tier: 0,
            member,
        };
        let answer = self.operator.client.admin().register_party(details).await.unwrap();
        let Reviewed::Done(id) = answer.value else { panic!("{code} waits for a second person") };
        let key = self.key(id, KeyScope::Full, self.now.plus_seconds(365 * 86_400)).await;
        Player { id, client: client(self.url, &key).await, key }
    }

    /// A new key of `party`.
    pub async fn key(&self, party: PartyId, scope: KeyScope, expires: Time) -> ApiKey {
        let key = ApiKey::generate().unwrap();
        let admin = self.operator.client.admin();
        let issued = admin.issue_key(party, key.hash(), scope, expires).await.unwrap();
        assert_eq!(issued.value, Reviewed::Done(()));
        key
    }

    pub async fn fund(&self, details: FundDetails) -> FundId {
        self.operator.client.admin().register_fund(details).await.unwrap().value
    }

    pub async fn issue(&self, fund: FundId, to: PartyId, units: Units) {
        let admin = self.operator.client.admin();
        admin.issue_units(fund, to, units, "register extract 1").await.unwrap();
    }

    pub async fn qualify(&self, party: PartyId) {
        let qualification = Qualification {
            evidence: [7; 32],
            certifier: "律师事务所".to_owned(),
            expires: "2033-12-31".parse().unwrap(),
            net_assets: money("50000000.00"),
            financial_assets: money("50000000.00"),
            income: Money::ZERO,
        };
        self.operator.client.admin().qualify(party, qualification).await.unwrap();
    }

    /// Cash from the bank: asked for by the party, confirmed by the bank.
    pub async fn deposit(&self, party: &Player, amount: Money) {
        let request = TransferRequest::deposit(amount, Currency::CNY, "wire 1");
        let asked = party.client.settlement().request(request).await.unwrap();
        let outcome = TransferOutcome::Confirmed;
        let bank = self.bank.client.settlement();
        bank.settle(asked.value, outcome, "bank reference 1").await.unwrap();
    }
}

/// Free and held cash of a player.
pub async fn cash_of(player: &Player) -> (Money, Money) {
    let balances = player.client.settlement().cash().await.unwrap().value;
    let cny = balances.iter().find(|balance| balance.currency == Currency::CNY);
    cny.map_or((Money::ZERO, Money::ZERO), |balance| (balance.available, balance.held))
}

/// Free and offered units of a player in a fund.
pub async fn units_of(player: &Player, fund: FundId) -> (Units, Units) {
    let holding = player.client.register().holding(fund).await.unwrap().value;
    (holding.available, holding.offered)
}

/// Whether a price, as text, is one of the book's best.
pub fn text(price: Option<Price>) -> String {
    price.map(|price| price.to_string()).unwrap_or_default()
}
