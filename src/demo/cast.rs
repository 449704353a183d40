//! The cast: who is in the story, what they hold, and their clients.
//!
//! Everyone is looked up first, so that a demo that starts again finds its cast as it left it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sfund_sdk::{
    ApiKey, Client, Currency, Date, FundDetails, FundFilter, FundId, KeyScope, LegalForm, Money,
    PartyDetails, PartyForm, PartyId, Price, Qualification, Reviewed, Role, SegmentId, Sequence,
    Time, TransferOutcome, TransferRequest, Units,
};

use crate::config::Config;
use crate::genesis::create_private;
use crate::import::{positions, send};
use crate::sequencer::{Clock as _, WallClock};
use crate::server::Running;

use super::say::{Narrator, grouped};
use super::{Error, connect};

/// Most rows of a list that the cast reads.
pub(super) const ROWS_MAX: usize = 1_000_000;
/// Days for which the demo's keys and qualifications are good.
const GOOD_DAYS: u32 = 365;
const DAY_SECONDS: u64 = 86_400;
/// Code of the demo's own fund.
const ROBOT_FUND: &str = "SZ-GROWTH-1";
/// Price of the demo's own fund, in ten-thousandths.
const ROBOT_PRICE_E4: u64 = 14_120;
/// Units that change hands in the story.
pub(super) const SALE_UNITS_E2: u64 = 800_000_000;
/// The same, whole.
const SALE_UNITS: u64 = 8_000_000;

/// A party of the story and its client.
pub(super) struct Player {
    pub(super) id: PartyId,
    pub(super) name: &'static str,
    pub(super) client: Client,
    key: ApiKey,
}

/// Everyone, and the funds that they trade.
pub(super) struct Cast {
    pub(super) operator: Client,
    bank: Client,
    staff: [ApiKey; 2],
    /// The LP that sells.
    pub(super) seller: Player,
    /// The LP that has pledged most of what it holds.
    pub(super) pledgor: Player,
    /// The S-funds that buy.
    pub(super) buyers: [Player; 2],
    /// The fund that changes hands, and its currency and price.
    pub(super) fund: FundId,
    pub(super) fund_code: String,
    pub(super) currency: Currency,
    pub(super) price: Price,
    /// The demo's own fund, of which the pledgor has pledged units: the robots trade it.
    pub(super) pledged_fund: FundId,
    /// A fund with no room for another holder.
    pub(super) full_fund: FundId,
    /// A fund of the regional segment: no firm orders, the intention board is open.
    pub(super) regional_fund: FundId,
    licensed: SegmentId,
    today: Date,
    folder: PathBuf,
}

#[derive(Deserialize)]
struct KeysFile {
    key: Vec<StaffKey>,
}

#[derive(Deserialize)]
struct StaffKey {
    party: String,
    key: String,
}

impl Cast {
    /// Finds everyone, or registers them.
    pub(super) async fn gather(
        running: &Running,
        config: &Config,
        folder: &Path,
        narrator: &Narrator,
    ) -> Result<Self, Error> {
        let keys = config.store.keys_file();
        let staff = [staff_key(&keys, "operator-1")?, staff_key(&keys, "bank-1")?];
        let [operator, bank] =
            [connect(running, &staff[0]).await?, connect(running, &staff[1]).await?];
        write_key(folder, "operator-1", &staff[0])?;
        let venue = operator.market().venue().await?;
        let today = WallClock.now().date(venue.utc_offset_minutes);
        let segments = operator.market().segments().all(ROWS_MAX).await?;
        let segment = |code: &str| segments.iter().find(|segment| segment.code == code);
        let licensed = segment("licensed").map_or(SegmentId::new(0), |segment| segment.id);
        let regional = segment("regional").map_or(SegmentId::new(1), |segment| segment.id);

        narrator.chapter(
            "登记：基金、投资者、份额、资金",
            "The register: funds, investors, units, cash",
        )?;
        let maker = Maker { operator: &operator, running, folder, today };
        let manager = maker
            .party("changjiang-gp", "长江成长基金管理 Changjiang Growth", Role::Manager)
            .await?;
        let lender = maker.party("taihu-bank", "太湖银行 Taihu Bank", Role::Lender).await?;
        let seller =
            maker.player("golden-lake", "金鸡湖养老金 Golden Lake Pension", Role::Lp).await?;
        let pledgor = maker.player("xuanwu", "玄武控股 Xuanwu Holdings", Role::Lp).await?;
        let tianfu = maker.player("tianfu-s", "天府S基金 Tianfu S-Fund", Role::SFund).await?;
        let harbor = maker.player("harbor-s", "海港S基金 Harbor Secondaries", Role::SFund).await?;
        let buyers = [tianfu, harbor];

        let growth = (ROBOT_FUND, "苏州成长一期 Suzhou Growth I");
        let fund = maker.fund(growth, licensed, manager, None).await?;
        let small = ("SZ-SMALL-2", "苏州小微二期 Suzhou Small II");
        let full_fund = maker.fund(small, licensed, manager, Some(2)).await?;
        let third = ("NJ-REGION-3", "南京区域三期 Nanjing Regional III");
        let regional_fund = maker.fund(third, regional, manager, None).await?;
        for held in [fund, full_fund, regional_fund] {
            maker.issue(held, seller.id, 8_000_000, 0).await?;
            maker.issue(held, pledgor.id, 5_000_000, 8_000_000).await?;
        }
        maker.pledge(&pledgor, fund, 4_000_000, lender).await?;
        let price = Price::from_e4(ROBOT_PRICE_E4);
        let mut cast = Self {
            operator,
            bank,
            staff,
            seller,
            pledgor,
            buyers,
            fund,
            fund_code: growth.0.to_owned(),
            currency: Currency::CNY,
            price,
            pledged_fund: fund,
            full_fund,
            regional_fund,
            licensed,
            today,
            folder: folder.to_owned(),
        };
        cast.pay_in(2_000_000_000).await?;
        cast.show(narrator).await?;
        Ok(cast)
    }

    /// Who sells to the robots that buy: the LP that still holds units of the demo's own fund.
    pub(super) const fn robot_seller(&self) -> &Player {
        &self.pledgor
    }

    /// The newest entry that any of the cast was told of: who looks after it sees what all did.
    pub(super) fn newest(&self) -> Sequence {
        let players = [&self.seller, &self.pledgor].into_iter().chain(&self.buyers);
        let clients = players.map(|player| &player.client).chain([&self.operator, &self.bank]);
        clients.map(Client::newest_seen).max().unwrap_or(Sequence::ZERO)
    }

    /// Code of the fund that the robots trade.
    pub(super) const fn robot_fund(&self) -> &'static str {
        ROBOT_FUND
    }

    /// The price around which the robots trade.
    pub(super) const fn robot_price(&self) -> Price {
        Price::from_e4(ROBOT_PRICE_E4)
    }

    /// New clients after a restart.
    pub(super) async fn reconnect(&mut self, running: &Running) -> Result<(), Error> {
        self.operator = connect(running, &self.staff[0]).await?;
        self.bank = connect(running, &self.staff[1]).await?;
        let players = [&mut self.seller, &mut self.pledgor].into_iter().chain(&mut self.buyers);
        for player in players {
            player.client = connect(running, &player.key).await?;
        }
        Ok(())
    }

    /// Imports a register and sets the story on one of its funds.
    pub(super) async fn import(
        &mut self,
        running: &Running,
        file: &Path,
        narrator: &Narrator,
    ) -> Result<(), Error> {
        narrator.chapter("导入真实登记簿", "A real register is imported")?;
        let unreadable = |source| Error::File { path: file.to_owned(), source };
        let input = File::open(file).map_err(unreadable)?;
        let (register, faults) = positions::read(input).map_err(Error::Csv)?;
        if let Some(first) = faults.first() {
            let (count, line, message) = (faults.len(), first.line, first.message.clone());
            return Err(Error::Faults { count, line, message });
        }
        let currency = Currency::new("USD").expect("three capital letters");
        let work = register.parties().saturating_add(register.funds());
        let work = u64::try_from(work.saturating_add(register.holdings())).unwrap_or(u64::MAX);
        let bar = indicatif::ProgressBar::new(work);
        let import =
            send::import(&self.operator, self.licensed, currency, self.today, &register, |done| {
                bar.inc(done)
            });
        let imported = import.await;
        bar.finish_and_clear();
        let imported = imported?;
        let (rows, holdings) = (grouped(register.rows), grouped(register.holdings()));
        let (parties, funds) = (grouped(register.parties()), grouped(register.funds()));
        let new = imported.parties.saturating_add(imported.funds).saturating_add(imported.holdings);
        narrator.line(
            &format!("{rows} 行：{parties} 个主体，{funds} 只基金，{holdings} 份持有；新增 {new}"),
            &format!(
                "{rows} rows: {parties} parties, {funds} funds, {holdings} holdings; {new} new"
            ),
        )?;
        self.recast(running, currency, narrator).await
    }

    /// The largest holding of a fund that several hold becomes the share for sale.
    async fn recast(
        &mut self,
        running: &Running,
        currency: Currency,
        narrator: &Narrator,
    ) -> Result<(), Error> {
        let filter = FundFilter::default();
        let funds = self.operator.market().funds(filter).all(ROWS_MAX).await?;
        let imported = funds.into_iter().filter(|fund| fund.details.currency == currency);
        let shared = imported.max_by_key(|fund| (fund.holders, fund.issued));
        let fund = shared.ok_or(Error::NoFund(SALE_UNITS))?;
        let holders = self.operator.register().holders(fund.id).all(ROWS_MAX).await?;
        let most = holders.iter().max_by_key(|holding| holding.available);
        let sale = Units::from_e2(SALE_UNITS_E2);
        let holding = most.filter(|holding| sale <= holding.available);
        let holding = holding.ok_or(Error::NoFund(SALE_UNITS))?;
        let party = self.operator.admin().party(holding.party).await?;
        let code = party.details.code.clone();
        let maker = self.maker(running);
        let key = maker.key(holding.party, &code).await?;
        let name: &'static str = Box::leak(party.details.name.clone().into_boxed_str());
        let client = connect(running, &key).await?;
        self.seller = Player { id: holding.party, name, client, key };
        (self.fund, self.fund_code) = (fund.id, fund.details.code.clone());
        (self.currency, self.price) = (currency, Price::from_e4(9_500));
        self.pay_in(2_000_000_000).await?;
        let units = grouped(holding.total());
        narrator.line(
            &format!("{name} 持有 {} {units} 份，将出让其中一部分", fund.details.name),
            &format!("{name} holds {units} units of {} and will sell some", fund.details.name),
        )
    }

    fn maker<'c>(&'c self, running: &'c Running) -> Maker<'c> {
        Maker { operator: &self.operator, running, folder: &self.folder, today: self.today }
    }

    /// Brings in cash for the S-funds, where they have none of this currency: asked for by them,
    /// confirmed by the bank.
    async fn pay_in(&mut self, fen: i64) -> Result<(), Error> {
        let amount = Money::from_fen(fen);
        for buyer in &self.buyers {
            let cash = buyer.client.settlement().cash().await?;
            if cash.value.iter().any(|cash| cash.currency == self.currency) {
                continue;
            }
            let reference = format!("DEMO-{}", buyer.id);
            let request = TransferRequest::deposit(amount, self.currency, reference.clone());
            let transfer = buyer.client.settlement().request(request).await?;
            let settled = self.bank.settlement();
            settled.settle(transfer.value, TransferOutcome::Confirmed, reference).await?;
        }
        Ok(())
    }

    async fn show(&self, narrator: &Narrator) -> Result<(), Error> {
        for (player, zh, en) in [
            (&self.seller, "有限合伙人，将退出", "an LP that wants out"),
            (
                &self.pledgor,
                "有限合伙人，质押了 4,000,000 份",
                "an LP that pledged 4,000,000 units",
            ),
        ] {
            let held = self.operator.register().holding_of(player.id, self.fund).await?;
            let units = grouped(held.total());
            narrator.line(
                &format!("{} {}：{zh}；持有 {units} 份 {}", player.id, player.name, self.fund_code),
                &format!(
                    "{} {}: {en}; {units} units of {}",
                    player.id, player.name, self.fund_code
                ),
            )?;
        }
        for buyer in &self.buyers {
            let cash = buyer.client.settlement().cash().after(self.newest()).await?;
            let cash = cash.value.iter().find(|cash| cash.currency == self.currency);
            let cash = grouped(cash.map_or(Money::ZERO, |cash| cash.available));
            let currency = self.currency;
            narrator.line(
                &format!("{} {}：合格投资者，可用资金 {cash} {currency}", buyer.id, buyer.name),
                &format!(
                    "{} {}: a qualified investor with {cash} {currency}",
                    buyer.id, buyer.name
                ),
            )?;
        }
        narrator.line(
            "入金由本人申请、结算银行确认：没有人能独自动钱",
            "cash came in as asked by its owner and confirmed by the settlement bank: four eyes",
        )
    }
}

/// Registers what is not there yet.
pub(super) struct Maker<'c> {
    pub(super) operator: &'c Client,
    pub(super) running: &'c Running,
    pub(super) folder: &'c Path,
    pub(super) today: Date,
}

impl Maker<'_> {
    async fn party(&self, code: &str, name: &str, role: Role) -> Result<PartyId, Error> {
        if let Some(party) = known(self.operator.admin().party_of_code(code).await)? {
            return Ok(party.id);
        }
        let details = PartyDetails {
            code: code.to_owned(),
            name: name.to_owned(),
            role,
            form: PartyForm::Institution,
            look_through: 1,
            tier: 0,
            member: None,
        };
        let party = match self.operator.admin().register_party(details).await?.value {
            Reviewed::Done(party) => party,
            Reviewed::Waits(_) => return Err(Error::Waits(code.to_owned())),
        };
        if role.is_investor() {
            let (year, month, day) = self.today.ymd();
            let next = Date::from_ymd(year.saturating_add(1), month, day.min(28));
            let qualification = Qualification {
                evidence: [7; 32],
                certifier: "示范律师事务所 Demo Law Office".to_owned(),
                expires: next.expect("the 28th is a day of every month"),
                net_assets: Money::from_fen(50_000_000_000),
                financial_assets: Money::from_fen(20_000_000_000),
                income: Money::ZERO,
            };
            self.operator.admin().qualify(party, qualification).await?;
        }
        Ok(party)
    }

    pub(super) async fn player(
        &self,
        code: &str,
        name: &'static str,
        role: Role,
    ) -> Result<Player, Error> {
        let id = self.party(code, name, role).await?;
        let key = self.key(id, code).await?;
        let client = connect(self.running, &key).await?;
        Ok(Player { id, name, client, key })
    }

    /// The key of a party, from its file, or a new one whose hash the venue is told.
    async fn key(&self, party: PartyId, code: &str) -> Result<ApiKey, Error> {
        let path = self.folder.join("keys").join(format!("{code}.key"));
        let wrong = |source| Error::File { path: path.clone(), source };
        match fs::read_to_string(&path) {
            Ok(text) => {
                let key = text.trim().parse();
                let no_key = |_| Error::NoKey { path: path.clone(), party: code.to_owned() };
                return key.map_err(no_key);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(wrong(error)),
        }
        let key = ApiKey::generate()?;
        let expires =
            WallClock.now().plus_seconds(u64::from(GOOD_DAYS).saturating_mul(DAY_SECONDS));
        self.operator.admin().issue_key(party, key.hash(), KeyScope::Full, expires).await?;
        write_key(self.folder, code, &key)?;
        Ok(key)
    }

    pub(super) async fn fund(
        &self,
        (code, name): (&str, &str),
        segment: SegmentId,
        manager: PartyId,
        holder_cap: Option<u32>,
    ) -> Result<FundId, Error> {
        if let Some(fund) = known(self.operator.market().fund_of_code(code).await)? {
            return Ok(fund.id);
        }
        let (year, ..) = self.today.ymd();
        let details = FundDetails {
            code: code.to_owned(),
            name: name.to_owned(),
            manager,
            legal_form: LegalForm::Partnership,
            province: "JS".to_owned(),
            currency: Currency::CNY,
            segment,
            tick: Price::from_e4(1),
            lot: Units::from_e2(10_000),
            minimum_ticket: Units::from_e2(10_000),
            holder_cap,
            term_ends: Date::from_ymd(year.saturating_add(5), 12, 31)
                .expect("a year has a last day"),
        };
        Ok(self.operator.admin().register_fund(details).await?.value)
    }

    /// Issues units where the fund has issued so many as yet: that number never shrinks.
    pub(super) async fn issue(
        &self,
        fund: FundId,
        party: PartyId,
        whole: u64,
        issued_before: u64,
    ) -> Result<(), Error> {
        let record = self.operator.market().fund(fund).await?;
        if record.issued == whole_units(issued_before) {
            let units = whole_units(whole);
            self.operator.admin().issue_units(fund, party, units, "示范认购协议").await?;
        }
        Ok(())
    }

    async fn pledge(
        &self,
        pledgor: &Player,
        fund: FundId,
        whole: u64,
        lender: PartyId,
    ) -> Result<(), Error> {
        let held = self.operator.register().holding_of(pledgor.id, fund).await?;
        if held.pledged == Units::ZERO {
            let units = whole_units(whole);
            self.operator.admin().pledge(pledgor.id, fund, units, lender, "示范质押合同").await?;
        }
        Ok(())
    }
}

/// Writes a key into the demo's folder of keys, for its owner alone, if it is not there yet.
fn write_key(folder: &Path, code: &str, key: &ApiKey) -> Result<(), Error> {
    let keys = folder.join("keys");
    let path = keys.join(format!("{code}.key"));
    let wrong = |source| Error::File { path: path.clone(), source };
    fs::create_dir_all(&keys).map_err(wrong)?;
    if path.exists() {
        return Ok(());
    }
    let mut file = create_private(&path).map_err(wrong)?;
    writeln!(file, "{}", key.reveal()).and_then(|()| file.sync_all()).map_err(wrong)
}

pub(super) fn staff_key(path: &Path, party: &str) -> Result<ApiKey, Error> {
    let text =
        fs::read_to_string(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
    let missing = || Error::NoKey { path: path.to_owned(), party: party.to_owned() };
    let file: KeysFile = toml::from_str(&text).map_err(|_| missing())?;
    let key = file.key.into_iter().find(|key| key.party == party).ok_or_else(missing)?;
    key.key.parse().map_err(|_| missing())
}

/// So many units.
pub(super) const fn whole_units(whole: u64) -> Units {
    Units::from_e2(whole.saturating_mul(100))
}

/// What `looked_up` found; `None` where there is no such thing.
fn known<T>(looked_up: Result<T, sfund_sdk::Error>) -> Result<Option<T>, Error> {
    match looked_up {
        Ok(found) => Ok(Some(found)),
        Err(sfund_sdk::Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A moment so many days from now.
pub(super) fn in_days(days: u64) -> Time {
    WallClock.now().plus_seconds(days.saturating_mul(DAY_SECONDS))
}
