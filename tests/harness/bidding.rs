//! A venue in which lots are bid for, as its engine and its journal have it: no server, and the
//! clock is the test's.

use std::path::Path;

use sfund::journal::{Digest, Draft, Identity, Push, sled};
use sfund::sequencer::encode_entry;
use sfund::venue_file;
use sfund_engine::amount::{Money, Ppm, Price, Units};
use sfund_engine::bidding::bid::{
    Answer, AnswerOffer, CommitBid, MakeOffer, MatchPrice, PlaceBid, Quantity, RevealBid,
};
use sfund_engine::bidding::declare::{DeclareInterest, Right};
use sfund_engine::bidding::deposit::PayDeposit;
use sfund_engine::bidding::mode::{Code, Portion, Terms, seal};
use sfund_engine::bidding::open::{OpenBidding, Opening};
use sfund_engine::bidding::qualify_bidder::{BidderVerdict, QualifyBidder};
use sfund_engine::bidding::sign::SignContract;
use sfund_engine::cash::request_transfer::{Direction, RequestTransfer};
use sfund_engine::cash::settle_transfer::{SettleTransfer, TransferOutcome};
use sfund_engine::command::Command;
use sfund_engine::entry::{Caller, Header};
use sfund_engine::event::Event;
use sfund_engine::id::{FundId, ListingId, OfferId, PartyId, SegmentId, Sequence, TransferId};
use sfund_engine::listing::agreement::{
    AgreementTerms, ConsentTerm, FirstRefusalTerm, SetAgreement,
};
use sfund_engine::listing::announce::AnnounceListing;
use sfund_engine::listing::confidentiality::AcceptConfidentiality;
use sfund_engine::listing::consent::AnswerConsent;
use sfund_engine::listing::document::Sha256;
use sfund_engine::listing::draft::DraftListing;
use sfund_engine::listing::first_refusal::AnswerFirstRefusal;
use sfund_engine::listing::gate::{ClaimAnswer, Consent};
use sfund_engine::listing::notify::NotifyPartners;
use sfund_engine::listing::review::{ListingVerdict, ReviewListing};
use sfund_engine::listing::submit::SubmitListing;
use sfund_engine::listing::terms::{
    Answer as Disclosed, IfNobodyComes, Interim, ListingTerms, Method, Payment, Reserve,
};
use sfund_engine::market::{Judgement, Market};
use sfund_engine::policy::choice::{Disclosure, Ownership, Silence};
use sfund_engine::registry::fund::{Currency, FundDetails, LegalForm};
use sfund_engine::registry::issue_units::IssueUnits;
use sfund_engine::registry::party::{PartyDetails, PartyForm, Qualification, Role};
use sfund_engine::registry::qualify::Qualify;
use sfund_engine::registry::register_fund::RegisterFund;
use sfund_engine::registry::register_party::RegisterParty;
use sfund_engine::reject::Reject;
use sfund_engine::time::{Date, Time};
use sfund_engine::venue::open_venue::{OpenVenue, Staff};

use super::OFFSET_MINUTES;

pub const OPERATOR: PartyId = PartyId::new(0);
pub const BANK: PartyId = PartyId::new(2);
pub const MANAGER: PartyId = PartyId::new(4);
/// Sells.
pub const SELLER: PartyId = PartyId::new(5);
/// Holds units, and keeps its right of first refusal.
pub const PARTNER: PartyId = PartyId::new(6);
/// Who bids beside it.
pub const BIDDERS: [PartyId; 4] =
    [PartyId::new(7), PartyId::new(8), PartyId::new(9), PartyId::new(10)];
pub const FUND: FundId = FundId::new(0);
/// Lots for sale: 1,000,000 units of which 1,000 are a lot.
pub const LOTS: u64 = 1_000;
/// The bytes under which every test seals.
pub const SALT: [u8; 32] = [9; 32];

/// A market and what its journal holds.
pub struct Room {
    pub market: Market,
    clock: Time,
    bodies: Vec<Vec<u8>>,
}

pub fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub const fn cents(price: u64) -> Price {
    Price::from_e4(price * 100)
}

const fn units(whole: u64) -> Units {
    Units::from_e2(whole * 100)
}

/// 1,000,000 units at 1.00 at the least.
pub fn terms(code: &str, method: Method, reserve: Reserve) -> ListingTerms {
    let answered =
        |field: &Disclosure| Disclosed { field: *field, answer: "见披露文件".to_owned() };
    ListingTerms {
        code: code.to_owned(),
        headline: "苏州某创投基金份额".to_owned(),
        fund: FUND,
        units: units(1_000_000),
        method,
        floor: cents(100),
        reserve,
        deposit: Ppm::new(100_000),
        announcement_days: 20,
        if_nobody_comes: IfNobodyComes::Ask,
        payment: Payment::Once { working_days: 5 },
        interim: Interim::Buyer,
        ownership: Ownership::Private,
        appraisal: None,
        disclosures: Disclosure::ALL.iter().map(answered).collect(),
        documents: Vec::new(),
        portion: Portion::Whole,
    }
}

impl Room {
    /// A venue with a fund, its seller and partner, and four who could buy.
    pub fn open() -> Self {
        let mut room = Self { market: Market::default(), clock: opening(), bodies: Vec::new() };
        room.by_venue(Command::OpenVenue(Box::new(open_venue())));
        room.register("MANAGER", "经理", Role::Manager);
        room.register("SELLER", "转让方有限公司", Role::Lp);
        room.register("PARTNER", "合伙人有限公司", Role::Lp);
        for number in 1..=BIDDERS.len() {
            room.register(&format!("BUYER-{number}"), "受让方有限公司", Role::SFund);
        }
        for investor in [SELLER, PARTNER].into_iter().chain(BIDDERS) {
            room.qualify(investor);
        }
        room.accept(OPERATOR, Command::RegisterFund(Box::new(RegisterFund { details: fund() })));
        for (party, whole) in [(SELLER, 9_000_000), (PARTNER, 1_000_000)] {
            let (units, evidence) = (units(whole), "认购协议".to_owned());
            let ask = IssueUnits { fund: FUND, party, units, evidence };
            room.accept(OPERATOR, Command::IssueUnits(Box::new(ask)));
        }
        for (number, party) in (0..).zip([PARTNER].into_iter().chain(BIDDERS)) {
            room.pay_in(TransferId::new(number), party);
        }
        let consent = ConsentTerm::Asked { days: 10, silence: Silence::Refusal };
        let terms = AgreementTerms { first_refusal: FirstRefusalTerm::AsPack, consent };
        let evidence = Sha256::new([3; 32]);
        let ask = SetAgreement { fund: FUND, terms, evidence };
        room.accept(OPERATOR, Command::SetAgreement(ask));
        room
    }

    fn register(&mut self, code: &str, name: &str, role: Role) {
        let details = PartyDetails {
            code: code.to_owned(),
            name: name.to_owned(),
            role,
            form: PartyForm::Institution,
            look_through: 1,
            tier: 0,
            member: None,
        };
        self.accept(OPERATOR, Command::RegisterParty(Box::new(RegisterParty { details })));
    }

    fn qualify(&mut self, party: PartyId) {
        let wealth = Money::from_fen(5_000_000_000);
        let qualification = Qualification {
            evidence: [7; 32],
            certifier: "律师事务所".to_owned(),
            expires: date("2027-12-01"),
            net_assets: wealth,
            financial_assets: wealth,
            income: Money::ZERO,
        };
        self.accept(OPERATOR, Command::Qualify(Box::new(Qualify { party, qualification })));
    }

    fn pay_in(&mut self, transfer: TransferId, party: PartyId) {
        let ask = RequestTransfer {
            party,
            direction: Direction::Deposit,
            currency: Currency::CNY,
            amount: Money::from_fen(1_000_000_000),
            reference: "REF".to_owned(),
        };
        self.accept(party, Command::RequestTransfer(Box::new(ask)));
        let (outcome, bank_reference) = (TransferOutcome::Confirmed, "BANK".to_owned());
        let settle = SettleTransfer { transfer, outcome, bank_reference };
        self.accept(BANK, Command::SettleTransfer(Box::new(settle)));
    }

    pub fn now(&self) -> Time {
        self.clock
    }

    /// Says something a second later.
    pub fn say(&mut self, caller: Caller, command: Command) -> Result<Vec<Event>, Reject> {
        self.pass_seconds(1);
        self.say_at(self.clock.max(self.market.now().next()), caller, command)
    }

    fn say_at(&mut self, at: Time, caller: Caller, command: Command) -> Result<Vec<Event>, Reject> {
        let sequence = self.market.sequence().next();
        let header = Header { sequence, at, caller, attempt: None };
        let mut events = Vec::new();
        let outcome = match self.market.judge(&header, &command, &mut events) {
            Judgement::Accepted => Ok(events.as_slice()),
            Judgement::Refused(reject) => Err(reject),
            Judgement::Unrecorded(reject) => return Err(reject),
            Judgement::Repeated(earlier) => panic!("{command:?} was answered in {earlier}"),
        };
        let mut body = Vec::new();
        encode_entry(&mut body, &header, &command, outcome.as_ref().map(|events| *events));
        self.bodies.push(body);
        self.market.record(&header, outcome.unwrap_or_default());
        outcome.map(<[Event]>::to_vec)
    }

    #[track_caller]
    pub fn accept(&mut self, party: PartyId, command: Command) -> Vec<Event> {
        let said = format!("{command:?}");
        self.say(Caller::Party(party), command).unwrap_or_else(|no| panic!("{said}: {no}"))
    }

    #[track_caller]
    pub fn refuse(&mut self, party: PartyId, command: Command) -> Reject {
        self.say(Caller::Party(party), command).unwrap_err()
    }

    fn by_venue(&mut self, command: Command) {
        self.say(Caller::Venue, command).unwrap();
    }

    /// Time passes: whatever is due by then happens.
    pub fn pass(&mut self, until: Time) {
        while let Some(due) = self.market.next_deadline().filter(|due| *due <= until) {
            let at = due.max(self.market.now().next());
            self.say_at(at, Caller::Venue, Command::Advance).unwrap();
        }
        self.clock = self.clock.max(until);
    }

    /// The venue sleeps through so many seconds, and handles one thing that was due meanwhile.
    pub fn sleep(&mut self, seconds: u64) {
        self.clock = self.clock.plus_seconds(seconds);
        self.say_at(self.clock, Caller::Venue, Command::Advance).unwrap();
    }

    pub fn pass_seconds(&mut self, seconds: u64) {
        self.pass(self.clock.plus_seconds(seconds));
    }

    /// Lists by these terms, with its gates opened as they are in practice, up to the announcement.
    pub fn announce(&mut self, terms: ListingTerms) -> ListingId {
        self.list(terms, |_, _| {})
    }

    /// The same, and `more` while its gates wait.
    pub fn list(
        &mut self,
        terms: ListingTerms,
        more: impl FnOnce(&mut Self, ListingId),
    ) -> ListingId {
        let listing = ListingId::new(u64::try_from(self.market.listings().len()).unwrap());
        // B3: a right that is kept is matched among open bids, and in no other way.
        let answer =
            if terms.method == Method::English { ClaimAnswer::Claim } else { ClaimAnswer::Waive };
        let draft = DraftListing { listing: None, seller: SELLER, terms };
        self.accept(SELLER, Command::DraftListing(Box::new(draft)));
        self.accept(SELLER, Command::SubmitListing(SubmitListing { listing }));
        let verdict = ListingVerdict::Accept;
        let review = ReviewListing { listing, verdict, reasons: Vec::new() };
        self.accept(OPERATOR, Command::ReviewListing(Box::new(review)));
        let delivered = self.clock.date(OFFSET_MINUTES);
        let evidence = Sha256::new([4; 32]);
        let notify = NotifyPartners { listing, delivered, evidence };
        self.accept(OPERATOR, Command::NotifyPartners(notify));
        let claim = AnswerFirstRefusal { listing, holder: PARTNER, answer };
        self.accept(PARTNER, Command::AnswerFirstRefusal(claim));
        let evidence = Sha256::new([5; 32]);
        let consent = AnswerConsent { listing, answer: Consent::Given, evidence };
        self.accept(MANAGER, Command::AnswerConsent(consent));
        more(self, listing);
        self.pass_seconds(31 * 86_400);
        self.accept(OPERATOR, Command::AnnounceListing(AnnounceListing { listing }));
        listing
    }

    /// These declare an intention, are qualified and pay; then the announcement is over.
    pub fn gather(&mut self, listing: ListingId, bidders: &[PartyId]) {
        for party in bidders {
            let party = *party;
            let terms = Sha256::new([2; 32]);
            let accept = AcceptConfidentiality { listing, reader: party, terms };
            self.accept(party, Command::AcceptConfidentiality(accept));
            let keeps = self.market.listing(listing).unwrap().keeps_first_refusal(party);
            let right = if keeps { Right::FirstRefusal } else { Right::None };
            let declare = DeclareInterest { listing, party, right };
            self.accept(party, Command::DeclareInterest(declare));
            let (verdict, reason) = (BidderVerdict::Qualify, "资格证明".to_owned());
            let ask = QualifyBidder { listing, party, verdict, reason };
            self.accept(OPERATOR, Command::QualifyBidder(Box::new(ask)));
            self.accept(party, Command::PayDeposit(PayDeposit { listing, party }));
        }
        self.pass_seconds(60 * 86_400);
    }

    /// Opens the bidding, and lets it begin.
    pub fn begin(&mut self, listing: ListingId, opening: Opening) {
        let begins = self.clock.plus_seconds(600);
        let open = OpenBidding { listing, begins, opening };
        self.accept(OPERATOR, Command::OpenBidding(open));
        self.pass(begins);
    }

    /// From the draft to the first bid.
    pub fn auction(
        &mut self,
        code: &str,
        (method, reserve): (Method, Reserve),
        bidders: &[PartyId],
        opening: Opening,
    ) -> ListingId {
        let listing = self.announce(terms(code, method, reserve));
        self.gather(listing, bidders);
        self.begin(listing, opening);
        listing
    }

    /// Until somebody won, or nobody did.
    pub fn finish(&mut self, listing: ListingId) {
        use sfund_engine::bidding::Progress;
        while self.market.bidding(listing).unwrap().progress == Progress::Open {
            let due = self.market.next_deadline().unwrap();
            self.pass(due);
        }
    }

    pub fn code_of(&self, listing: ListingId, party: PartyId) -> Code {
        self.market.bidding(listing).unwrap().claim(party).unwrap().code.unwrap()
    }

    /// Writes the journal into the store of `folder`.
    pub fn save(&self, folder: &Path) {
        let identity = Identity { store: [7; 16], digest: Digest::Sha256 };
        let mut journal = sled::create_as(&folder.join("store"), identity).unwrap();
        let mut draft = Draft::new(Sequence::new(1), 1);
        let mut rest = self.bodies.iter().peekable();
        while let Some(body) = rest.next() {
            let taken = draft.push(body).unwrap();
            assert!(taken != Push::Full, "a block is sealed long before it is full");
            if rest.peek().is_none() || 20_000 < draft.bytes() {
                let block = draft.seal(&journal.writer.newest(), identity.digest);
                journal.writer.append(&block).unwrap();
                draft.restart(block.head().sequence.next(), 1);
            }
        }
        journal.writer.sync().unwrap();
    }
}

fn opening() -> Time {
    date("2026-11-24").at_minute(9 * 60 + 30, OFFSET_MINUTES)
}

fn open_venue() -> OpenVenue {
    let file = venue_file::read("venue.toml", venue_file::BUILT_IN, Path::new("")).unwrap();
    // It reaches further than the official one, which is announced for one year at a time.
    let calendar = venue_file::load_calendar("weekends", Path::new("")).unwrap().calendar;
    let staff = (1..).zip(file.staff).map(|(number, member)| Staff {
        code: member.code,
        name: member.name,
        role: member.role,
        key_hash: [number; 32],
        key_expires: date("2028-12-31").at_minute(0, OFFSET_MINUTES),
    });
    OpenVenue {
        name: file.name,
        utc_offset_minutes: file.utc_offset_minutes,
        calendar,
        segments: file.segments,
        staff: staff.collect(),
    }
}

fn fund() -> FundDetails {
    FundDetails {
        code: "SZ-001".to_owned(),
        name: "苏州创新一号基金".to_owned(),
        manager: MANAGER,
        legal_form: LegalForm::Partnership,
        province: "JS".to_owned(),
        currency: Currency::CNY,
        segment: SegmentId::new(0),
        tick: cents(1),
        lot: units(1_000),
        minimum_ticket: units(1_000),
        holder_cap: None,
        term_ends: date("2035-12-31"),
    }
}

/// A bid in hundredths of a yuan.
pub const fn bid(listing: ListingId, party: PartyId, price: u64) -> Command {
    let (price, quantity) = (cents(price), Quantity::All);
    Command::PlaceBid(PlaceBid { listing, party, price, quantity })
}

pub const fn take(listing: ListingId, party: PartyId) -> Command {
    Command::MatchPrice(MatchPrice { listing, party })
}

/// A sealed bid of `code`.
pub fn commit(listing: ListingId, party: PartyId, code: Code, price: u64) -> Command {
    let seal = seal(&SALT, listing.number(), code, &Terms::whole(LOTS, cents(price)));
    Command::CommitBid(CommitBid { listing, party, seal })
}

pub const fn reveal(listing: ListingId, party: PartyId, price: u64) -> Command {
    let (price, quantity) = (cents(price), Quantity::All);
    Command::RevealBid(RevealBid { listing, party, price, salt: SALT, quantity })
}

/// An offer that binds until `expires`, or an answer to another.
pub const fn offer(
    listing: ListingId,
    (party, bidder): (PartyId, Code),
    price: u64,
    expires: Time,
    counters: Option<OfferId>,
) -> Command {
    let price = cents(price);
    Command::MakeOffer(MakeOffer { listing, party, bidder, price, expires, counters })
}

pub const fn answer(listing: ListingId, party: PartyId, offer: OfferId, answer: Answer) -> Command {
    Command::AnswerOffer(AnswerOffer { listing, party, offer, answer })
}

pub const fn sign(listing: ListingId, party: PartyId) -> Command {
    Command::SignContract(SignContract { listing, party, contract: [6; 32] })
}
