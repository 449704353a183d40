//! Writes the first inputs of the corpus: stored entries, frames and snapshots, sensible commands
//! and requests, and the files of `deploy/`. Findings are added by hand and stay.

#![allow(missing_docs, clippy::arithmetic_side_effects, clippy::unwrap_used)]
#![allow(clippy::wildcard_enum_match_arm, reason = "two kinds of command have instructions")]

use std::fs;
use std::path::Path;

use prost::Message;
use sfund::wire::{policy, trading};
use sfund_engine::command::Command;
use sfund_engine::entry::Caller;
use sfund_engine::id::PartyId;
use sfund_fuzz::{asked, prepared, sensible};
use sfund_proto::v1;

/// Entries of the golden file that make one corpus of them.
const ENTRY_STEP: usize = 3;

fn main() {
    entries();
    commands_and_requests();
    let market = prepared();
    put("snapshots", "prepared", &market.encode());
    put("snapshots", "empty", &sfund_engine::market::Market::default().encode());
    for name in ["frame-sha256", "frame-sm3", "header", "manifest", "mark"] {
        let hex = read(&format!("src/journal/golden/{name}.hex"));
        put("frames", name, &from_hex(&String::from_utf8(hex).unwrap().replace('\n', "")));
    }
    put("frames", "bodies", b"\x00\x00\x09first\n\nthe third");
    put("frames", "sm3-bodies", b"\x01\x02\x00first\n\nthe third");
    let digits = "0123456789abcdef".repeat(4);
    put("keys", "key", format!("sfund_{digits}").as_bytes());
    put("keys", "hash", digits.as_bytes());
    put("keys", "short", b"sfund_0123");
    for name in ["policy/licensed", "policy/cn-regional", "calendar/cn", "venue", "venue-demo"] {
        let file = name.rsplit('/').next().unwrap();
        put("venue", file, &read(&format!("deploy/{name}.toml")));
    }
    put("venue", "weekends", &read("deploy/calendar/weekends.toml"));
    registers();
    settings();
}

fn entries() {
    let golden = String::from_utf8(read("engine/src/golden/entries.txt")).unwrap();
    let lines = golden.lines().filter(|line| !line.starts_with('#')).step_by(ENTRY_STEP);
    for line in lines {
        let (name, hex) = line.split_once(' ').unwrap();
        put("entries", name, &from_hex(hex));
    }
}

fn registers() {
    let head = "lp,fund_name,general_partner,vintage_year,commitment_mm\n";
    put("register", "head", head.as_bytes());
    let rows = "A,Fund I,GP,2019,100.0\nB,Fund I,GP,2019,24.096353999999998\n";
    put("register", "two", format!("{head}{rows}").as_bytes());
    let odd = "A,\"Fund, \"\"I\"\"\",GP,,1e3\nA\n,,,,\n\"A,Fund,G,2019,-1\n";
    put("register", "odd", format!("{head}{odd}").as_bytes());
    let again =
        "A,Fund I,GP,2019,1\nA,Fund I,GP,2020,0.005\n基金,基金二号,普通合伙人,2021,99999999999\n";
    put("register", "again", format!("{head}{again}").as_bytes());
    let other = "commitment_mm,lp,extra,fund_name,general_partner,vintage_year\n1,a,b,c,d,2001\n";
    put("register", "columns", other.as_bytes());
}

fn settings() {
    let known = sfund::config::known();
    let lines = |part: &str| -> String {
        let of = known.iter().filter(|known| known.key.starts_with(part));
        of.map(|known| format!("{}=1\n", known.key)).collect()
    };
    for part in ["server", "store", "snapshot", "backup", "sequencer", "venue", "metrics", "log"] {
        put("settings", part, lines(part).as_bytes());
    }
    put("settings", "sound", b"server.address=127.0.0.1:0\nlog.format=json\nlog.filter=debug\n");
    put("settings", "unknown", b"sever.adress=1\nserver.tls_key=\nx=\n");
}

/// The wire's own messages of sensible commands, and the others by hand; a command and a request
/// of each kind, and all of them one after the other.
fn commands_and_requests() {
    let mut asks = requests();
    for (caller, command) in sensible() {
        let Caller::Party(by) = caller else { continue };
        let instruction = match command {
            Command::PlaceOrder(place) => {
                v1::order_instruction::Instruction::Place(trading::terms(&place))
            }
            Command::CancelOrder(cancel) => {
                v1::order_instruction::Instruction::Cancel(v1::Cancellation {
                    order_id: cancel.order.to_string(),
                })
            }
            _ => continue,
        };
        let message = v1::OrderInstruction { instruction: Some(instruction), ..Default::default() };
        asks.push((0, by, message.encode_to_vec()));
    }
    let (mut all, mut all_commands) = (Vec::new(), Vec::new());
    for (at, (kind, by, message)) in asks.iter().enumerate() {
        let by_byte = u8::try_from(by.number()).unwrap();
        let length = u16::try_from(message.len()).unwrap().to_be_bytes();
        let one = [&[*kind, by_byte, length[0], length[1]], &message[..]].concat();
        let command = asked(*kind, message, *by);
        let command = command.unwrap_or_else(|| panic!("request {kind} is malformed"));
        let stored = minicbor::to_vec(&command).unwrap();
        let length = u16::try_from(stored.len()).unwrap().to_be_bytes();
        let other = [&[by_byte, 0, 9, length[0], length[1]], &stored[..]].concat();
        if at < 40 {
            put("requests", &format!("{at:02}-{kind}"), &one);
            put("commands", &format!("{at:02}-{}", command.kind().name()), &other);
        }
        all.extend(one);
        all_commands.extend(other);
    }
    put("requests", "all", &all);
    put("commands", "all", &all_commands);
}

#[expect(clippy::too_many_lines, reason = "one message of each kind")]
fn requests() -> Vec<(u8, PartyId, Vec<u8>)> {
    let market = prepared();
    let segment = &market.segments()[0];
    let (operator, supervisor, bank) = (0, 1, 2);
    let (seller, buyer) = (5, 21);
    let request_id = "0190c0de-0000-7000-8000-000000000001".to_owned();
    let (fund_id, segment_id) = ("fund-0".to_owned(), "segment-0".to_owned());
    let party_id = "party-5".to_owned();
    let when = Some(prost_types::Timestamp { seconds: 1_798_000_000, nanos: 0 });
    let pack = Some(v1::Pack { version: 2, ..policy::pack(&segment.pack) });
    let fees = market.schedules().first().map(policy::fees);
    let calendar = policy::calendar(&market.venue().unwrap().calendar);
    let calendar = Some(v1::Calendar { version: calendar.version + 1, ..calendar });
    macro_rules! messages {
        ($($kind:literal by $by:expr => $message:ident { $($field:ident: $value:expr),* $(,)? })*) => {
            vec![$(($kind, PartyId::new($by), v1::$message {
                request_id: request_id.replace("01", &format!("{:02x}", $kind)),
                $($field: $value,)*
                ..Default::default()
            }.encode_to_vec())),*]
        };
    }
    let order = v1::OrderTerms {
        fund_id: fund_id.clone(),
        side: v1::Side::Buy.into(),
        r#type: v1::OrderType::Limit.into(),
        price: "100.10".to_owned(),
        units: "30".to_owned(),
        time_in_force: v1::TimeInForce::GoodTillCancelled.into(),
        ..Default::default()
    };
    let order_id = "order-0".to_owned();
    let amendment = v1::Amendment {
        order_id: order_id.clone(),
        price: "99.99".to_owned(),
        units: "1".to_owned(),
    };
    let party = v1::PartyDetails {
        code: "LP-99".to_owned(),
        name: "有限合伙人".to_owned(),
        role: v1::Role::Lp.into(),
        form: v1::PartyForm::Institution.into(),
        look_through: 1,
        ..Default::default()
    };
    let fund = v1::FundDetails {
        code: "NEW-1".to_owned(),
        name: "基金".to_owned(),
        manager_id: "party-4".to_owned(),
        legal_form: v1::LegalForm::Partnership.into(),
        province: "JS".to_owned(),
        currency: "CNY".to_owned(),
        segment_id: segment_id.clone(),
        tick: "0.01".to_owned(),
        lot: "1".to_owned(),
        minimum_ticket: "1".to_owned(),
        term_ends: "2030-12-31".to_owned(),
        ..Default::default()
    };
    let qualification = v1::Qualification {
        evidence_sha256: vec![7; 32],
        certifier: "律师".to_owned(),
        expires: "2027-01-01".to_owned(),
        net_assets: "50000000.00".to_owned(),
        financial_assets: "50000000.00".to_owned(),
        income: String::new(),
    };
    messages! {
        1 by buyer => PlaceOrderRequest { order: Some(order) }
        2 by seller => AmendOrderRequest { amendment: Some(amendment) }
        3 by seller => CancelOrderRequest { cancellation: Some(v1::Cancellation { order_id }) }
        4 by seller => CancelAllRequest { cancellation: Some(v1::MassCancellation::default()) }
        5 by seller => PostIntentionRequest {
            fund_id: fund_id.clone(), side: v1::Side::Sell.into(), price: "90.00".to_owned(),
            units: "10".to_owned(), expires: when,
        }
        6 by seller => WithdrawIntentionRequest { intention_id: "intention-0".to_owned() }
        7 by buyer => RequestTransferRequest {
            direction: v1::TransferDirection::Withdrawal.into(), currency: "CNY".to_owned(),
            amount: "100.00".to_owned(), reference: "wire".to_owned(),
        }
        8 by bank => SettleTransferRequest {
            transfer_id: "transfer-0".to_owned(), outcome: v1::TransferOutcome::Confirmed.into(),
            bank_reference: "bank".to_owned(),
        }
        9 by operator => OpenSegmentRequest {
            code: "SECOND".to_owned(), name: "Second".to_owned(), pack: pack.clone(),
            fees: fees.clone(),
        }
        10 by operator => AdoptPackRequest { segment_id: segment_id.clone(), pack: pack }
        11 by operator => SetCalendarRequest { calendar: calendar }
        12 by operator => SetFeesRequest { segment_id: segment_id.clone(), fees: fees }
        13 by operator => RegisterPartyRequest { details: Some(party) }
        14 by operator => QualifyRequest {
            party_id: party_id.clone(), qualification: Some(qualification),
        }
        15 by operator => AffiliateRequest {
            party_id: party_id.clone(), with_party_id: "party-21".to_owned(),
        }
        16 by supervisor => SetPartyStatusRequest {
            party_id: party_id.clone(), status: v1::PartyStatus::Suspended.into(),
            reason: "asked".to_owned(),
        }
        17 by operator => RegisterFundRequest { details: Some(fund) }
        18 by operator => ExtendTermRequest {
            fund_id: fund_id.clone(), until_date: "2036-12-31".to_owned(),
        }
        19 by operator => IssueUnitsRequest {
            fund_id: fund_id.clone(), party_id: party_id.clone(), units: "1000".to_owned(),
            evidence: "extract".to_owned(),
        }
        20 by operator => LockUnitsRequest {
            party_id: party_id.clone(), fund_id: fund_id.clone(), units: "10".to_owned(),
            kind: v1::LockKind::Freeze.into(), evidence: "order".to_owned(),
        }
        21 by operator => UnlockUnitsRequest {
            lock_id: "lock-0".to_owned(), evidence: "order".to_owned(),
        }
        22 by operator => IssueKeyRequest {
            party_id: party_id.clone(), key_hash: vec![9; 32],
            scope: v1::KeyScope::Full.into(), expires: when,
        }
        23 by operator => RevokeKeyRequest { key_hash: vec![9; 32] }
        24 by operator => SetReferenceRequest {
            fund_id: fund_id.clone(), price: "100.00".to_owned(), source: "report".to_owned(),
            valid_until: when,
        }
        25 by supervisor => SetTradingStateRequest {
            scope: Some(v1::TradingScope {
                scope: Some(v1::trading_scope::Scope::FundId(fund_id.clone())),
            }),
            state: v1::TradingState::Halted.into(), reason: "asked".to_owned(),
        }
        26 by supervisor => ReviewRequest {
            proposal_id: "proposal-0".to_owned(), verdict: v1::Verdict::Approve.into(),
        }
    }
}

fn beside(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &str) -> Vec<u8> {
    fs::read(beside(path)).unwrap()
}

fn put(target: &str, name: &str, bytes: &[u8]) {
    let folder = beside("fuzz/corpus").join(target);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), bytes).unwrap();
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.trim().as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
