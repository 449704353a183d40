//! The hall in which shares are auctioned: an exchange of its own, whose clock the story moves.
//!
//! By law a listing takes weeks. Everything but the clock is as elsewhere: the same program, the
//! same packs, the same gRPC and SDK.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sfund_sdk::{
    Client, Currency, Date, FundId, ListingId, Lot, LotPhase, Money, Role, SegmentId, Time,
    TransferOutcome, TransferRequest, Units,
};

use crate::config::Config;
use crate::sequencer::{Clock as _, HandClock, WallClock};
use crate::server::Running;

use super::cast::{self, Maker, Player, staff_key};
use super::proof::{self, Replayed};
use super::{Error, connect, start};

const DAY_SECONDS: u64 = 86_400;
/// Cash that each bidder brings, in fen.
const CASH_FEN: i64 = 5_000_000_000;
/// Units that the seller holds.
const HELD_UNITS: u64 = 8_000_000;
/// The story begins at half past nine in Shanghai.
const OPENS_MINUTE: u16 = 570;
const OPENS_UTC_OFFSET_MINUTES: i16 = 480;
/// How often, and how long apart, the story looks whether a lot is where it should be.
const LOOKS_MAX: u32 = 1_000;
const LOOK_WAIT: Duration = Duration::from_millis(10);

/// The exchange, and everybody in the hall.
pub(super) struct Hall {
    clock: Arc<HandClock>,
    config: Config,
    running: Running,
    utc_offset_minutes: i16,
    pub(super) operator: Client,
    pub(super) manager: Player,
    pub(super) seller: Player,
    /// Another partner of the fund.
    pub(super) partner: Player,
    pub(super) bidders: [Player; 4],
    pub(super) fund: FundId,
    pub(super) lot: Units,
}

impl Hall {
    /// Opens a new exchange in a folder of its own; the one of an earlier demo goes.
    pub(super) async fn open(config: &Config, folder: &Path) -> Result<Self, Error> {
        let folder = folder.join("auctions");
        anew(&folder)?;
        let mut config = config.clone();
        config.store.path = folder.join("store");
        config.store.keys_path = None;
        config.server.address = ([127, 0, 0, 1], 0).into();
        config.metrics.address = None;
        let today = WallClock.now().date(OPENS_UTC_OFFSET_MINUTES);
        let opens = today.at_minute(OPENS_MINUTE, OPENS_UTC_OFFSET_MINUTES);
        let clock = Arc::new(HandClock::new(opens));
        let running = start(&config, Arc::<HandClock>::clone(&clock)).await?;
        let keys = config.store.keys_file();
        let [operator, bank] = [staff_key(&keys, "operator-1")?, staff_key(&keys, "bank-1")?];
        let (operator, bank) =
            (connect(&running, &operator).await?, connect(&running, &bank).await?);
        let venue = operator.market().venue().await?;
        let today = clock.now().date(venue.utc_offset_minutes);
        let segments = operator.market().segments().all(cast::ROWS_MAX).await?;
        let regional = segments.iter().find(|segment| segment.code == "regional");
        let regional = regional.map_or(SegmentId::new(1), |segment| segment.id);
        let maker = Maker { operator: &operator, running: &running, folder: &folder, today };
        let manager =
            maker.player("changjiang-gp", "长江成长 Changjiang Growth", Role::Manager).await?;
        let seller =
            maker.player("golden-lake", "金鸡湖养老金 Golden Lake Pension", Role::Lp).await?;
        let partner = maker.player("xuanwu", "玄武控股 Xuanwu Holdings", Role::Lp).await?;
        let bidders = [
            maker.player("tianfu-s", "天府S基金 Tianfu S-Fund", Role::SFund).await?,
            maker.player("harbor-s", "海港S基金 Harbor Secondaries", Role::SFund).await?,
            maker.player("yuhua-s", "雨花S基金 Yuhua Secondaries", Role::SFund).await?,
            maker.player("taihu-s", "太湖S基金 Taihu S-Fund", Role::SFund).await?,
        ];
        let third = ("NJ-REGION-3", "南京区域三期 Nanjing Regional III");
        let fund = maker.fund(third, regional, manager.id, None).await?;
        maker.issue(fund, seller.id, HELD_UNITS, 0).await?;
        maker.issue(fund, partner.id, HELD_UNITS, HELD_UNITS).await?;
        for bidder in &bidders {
            pay_in(bidder, &bank).await?;
        }
        let lot = operator.market().fund(fund).await?.details.lot;
        let utc_offset_minutes = venue.utc_offset_minutes;
        Ok(Self {
            clock,
            config,
            running,
            utc_offset_minutes,
            operator,
            manager,
            seller,
            partner,
            bidders,
            fund,
            lot,
        })
    }

    pub(super) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(super) fn today(&self) -> Date {
        self.now().date(self.utc_offset_minutes)
    }

    /// A moment as the venue's clocks show it.
    pub(super) fn shown(&self, moment: Time) -> String {
        let (date, minute) =
            (moment.date(self.utc_offset_minutes), moment.minute_of_day(self.utc_offset_minutes));
        let second = moment.nanos().checked_div(1_000_000_000).unwrap_or(0) % 60;
        format!("{date} {:02}:{:02}:{second:02}", minute / 60, minute % 60)
    }

    /// Moves the clock to a moment ahead.
    pub(super) fn go_to(&self, moment: Time) {
        self.clock.set(moment);
        self.running.handle().wake();
    }

    /// Moves the clock so far ahead.
    pub(super) fn pass(&self, seconds: u64) {
        self.go_to(self.now().plus_seconds(seconds));
    }

    /// Moves the clock to the day after `last`.
    pub(super) fn pass_day(&self, last: Date) {
        while self.today() <= last {
            self.pass(DAY_SECONDS);
        }
    }

    /// The lot, once it is in this phase.
    pub(super) async fn lot_in(&self, listing: ListingId, phase: LotPhase) -> Result<Lot, Error> {
        self.lot_when(listing, |lot| lot.phase == phase).await
    }

    /// The lot, once it is awarded.
    pub(super) async fn awarded(&self, listing: ListingId) -> Result<Lot, Error> {
        self.lot_when(listing, |lot| lot.award.is_some()).await
    }

    async fn lot_when(
        &self,
        listing: ListingId,
        is_so: impl Fn(&Lot) -> bool,
    ) -> Result<Lot, Error> {
        for _ in 0..LOOKS_MAX {
            let lot = self.operator.market().lot(listing).await?.value;
            if is_so(&lot) {
                return Ok(lot);
            }
            tokio::time::sleep(LOOK_WAIT).await;
        }
        Err(Error::LotStands(listing))
    }

    /// Stops the exchange, decides every command anew, and says where its store is.
    pub(super) async fn close(self) -> Result<(Replayed, PathBuf), Error> {
        let ended = self.running.stop().await;
        let replayed = proof::replay(&self.config, ended).await?;
        Ok((replayed, self.config.store.path))
    }
}

async fn pay_in(bidder: &Player, bank: &Client) -> Result<(), Error> {
    let reference = format!("DEMO-{}", bidder.id);
    let amount = Money::from_fen(CASH_FEN);
    let request = TransferRequest::deposit(amount, Currency::CNY, reference.clone());
    let transfer = bidder.client.settlement().request(request).await?;
    bank.settlement().settle(transfer.value, TransferOutcome::Confirmed, reference).await?;
    Ok(())
}

/// An empty folder.
fn anew(folder: &Path) -> Result<(), Error> {
    let wrong = |source| Error::File { path: folder.to_owned(), source };
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(wrong(error)),
        Ok(()) | Err(_) => {}
    }
    fs::create_dir_all(folder).map_err(wrong)
}
