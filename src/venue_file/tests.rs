//! The files that come with the program are sound, and each fault of a file says its line.

use expect_test::{Expect, expect};
use sfund_engine::amount::Money;
use sfund_engine::policy::Permission;
use sfund_engine::policy::choice::Silence;
use sfund_engine::policy::listing::ListingRules;
use sfund_engine::policy::overlay::StateRules;
use sfund_engine::policy::parameter::Rules as _;

use super::*;

fn date(text: &str) -> sfund_engine::time::Date {
    text.parse().unwrap()
}

/// What is said of the licensed pack after `from` was replaced by `to`.
fn pack_fault(from: &str, to: &str, said: Expect) {
    let (_, text) = pack::BUILT_IN[1];
    assert!(text.contains(from), "the pack has {from:?}");
    let faults = pack::read("pack.toml", &text.replacen(from, to, 1)).unwrap_err();
    said.assert_eq(&faults.to_string());
}

fn calendar_fault(from: &str, to: &str, said: Expect) {
    let (_, text) = calendar::BUILT_IN[0];
    assert!(text.contains(from), "the calendar has {from:?}");
    let faults = calendar::read("cn.toml", &text.replacen(from, to, 1)).unwrap_err();
    said.assert_eq(&faults.to_string());
}

fn venue_fault(from: &str, to: &str, said: Expect) {
    assert!(BUILT_IN.contains(from), "the venue has {from:?}");
    let text = BUILT_IN.replacen(from, to, 1);
    let error = read("venue.toml", &text, Path::new("")).unwrap_err();
    said.assert_eq(&error.to_string());
}

#[test]
fn a1_the_regional_pack_forbids_what_the_licensed_pack_allows() {
    let regional = pack::built_in("cn-regional").unwrap().pack;
    let licensed = pack::built_in("licensed").unwrap().pack;
    assert_eq!(regional.continuous, Permission::Forbidden);
    assert_eq!(regional.call_auction, Permission::Forbidden);
    assert_eq!(licensed.continuous, Permission::Allowed);
    assert_eq!(licensed.call_auction, Permission::Allowed);
    assert_eq!(pack::built_in("licenced"), None);
}

#[test]
fn a2_a3_a4_the_packs_hold_the_numbers_of_the_rulebook() {
    for code in ["cn-regional", "licensed"] {
        let pack::PackFile { pack, parameters } = pack::built_in(code).unwrap();
        assert_eq!(pack.code, code);
        assert_eq!(pack.turnaround_trading_days, 5);
        let caps = pack.holder_caps;
        assert_eq!((caps.partnership, caps.limited_liability), (50, 50));
        assert_eq!((caps.joint_stock, caps.contract), (200, 200));
        assert_eq!(pack.investors.investment_min, Money::from_fen(100_000_000));
        assert_eq!(pack.investors.entity_net_assets_min, Money::from_fen(1_000_000_000));
        assert_eq!(pack.investors.person_financial_assets_min, Money::from_fen(300_000_000));
        assert_eq!(pack.investors.person_income_min, Money::from_fen(50_000_000));
        assert!(parameters.iter().all(|parameter| !parameter.source.is_empty()));
        assert_eq!(parameters.len(), 22 + ListingRules::known().len());
    }
}

#[test]
fn b_d_the_packs_hold_the_numbers_of_the_rulebook() {
    for code in ["cn-regional", "licensed"] {
        let rules = pack::built_in(code).unwrap().pack.listing.unwrap();
        let (partners, deposits, timed) = (rules.partners, rules.deposits, rules.timed);
        assert_eq!((partners.notice_days, partners.first_refusal_days), (30, 30));
        assert_eq!(
            (partners.partner_filing_days, partners.association_filing_working_days),
            (30, 10)
        );
        assert_eq!(partners.first_refusal_silence, Silence::Consent);
        assert_eq!(deposits.deposit_due_working_days, 3);
        assert_eq!(deposits.deposit_share_max, Ppm::new(300_000));
        assert_eq!((deposits.refund_working_days, deposits.signature_working_days), (3, 3));
        assert_eq!((timed.free_minutes, timed.cycle_seconds), (1_440, 300));
        let court = rules.judicial;
        let shares = [court.judicial_start_min, court.judicial_cut_max];
        assert_eq!(shares, [Ppm::new(700_000), Ppm::new(200_000)]);
        assert_eq!((court.judicial_announcement_days_min, court.judicial_hours_min), (30, 24));
        assert_eq!((court.judicial_second_days_max, court.judicial_window_seconds), (30, 300));
        assert_eq!(court.judicial_second_announcement_days_min, 15);
        assert_eq!(court.judicial_deposit_min, Ppm::new(50_000));
        assert_eq!(court.judicial_deposit_max, Ppm::new(200_000));
        assert_eq!(court.judicial_refund_hours, 24);
        assert_eq!(rules.disclosure.related_bidders, Permission::Forbidden);
    }
}

#[test]
fn c_the_overlay_of_state_owned_sellers_holds_the_numbers_of_the_rulebook() {
    let pack::OverlayFile { overlay, parameters } = pack::built_in_overlay("soe").unwrap();
    assert_eq!((overlay.code.as_str(), overlay.version), ("soe", 1));
    assert_eq!(parameters.len(), StateRules::known().len());
    assert!(parameters.iter().all(|parameter| parameter.rule.starts_with('C')));
    let StateRules { price, announcement, payment } = overlay.rules;
    assert_eq!((price.appraisal_valid_days, price.reappraisal_months), (365, 12));
    assert_eq!((price.first_floor_min, price.floor_min), (Ppm::new(1_000_000), Ppm::new(900_000)));
    assert_eq!(price.competitive_bidders_min, 2);
    assert_eq!(announcement.announcement_working_days_min, 20);
    assert_eq!(announcement.extension_working_days_min, 5);
    assert_eq!(announcement.reprice_working_days_min, 10);
    assert_eq!(announcement.suspension_days_max, 30);
    assert_eq!(announcement.resumed_total_working_days_min, 20);
    assert_eq!(announcement.resumed_left_working_days_min, 10);
    assert_eq!(announcement.result_notice_working_days, 5);
    assert_eq!((payment.payment_working_days, payment.instalment_days_max), (5, 365));
    assert_eq!(payment.first_instalment_share_min, Ppm::new(300_000));
    assert_eq!(pack::built_in_overlay("licensed"), None);
}

#[test]
fn the_american_pack_holds_the_numbers_of_the_regulation() {
    let pack = pack::built_in("us-qms").unwrap().pack;
    let rules = pack.matching.unwrap();
    assert_eq!(rules.other_transfers_share_max, Ppm::new(20_000));
    assert_eq!(rules.matched_share_max, Ppm::new(100_000));
    assert_eq!((rules.agreement_days_min, rules.closing_days_min), (15, 45));
    assert_eq!((rules.offer_shown_days_max, rules.pause_days_min), (120, 60));
    assert_eq!(pack.continuous, Permission::Forbidden);
    assert_eq!(pack.listing.unwrap().modes.english, Permission::Forbidden);
    assert!(pack::built_in("licensed").unwrap().pack.matching.is_none());
}

#[test]
fn every_parameter_of_every_file_is_missed_and_refused_outside_its_range_with_its_line() {
    type Read = fn(&str, &str) -> Result<(), Faults>;
    let pack: Read = |file, text| pack::read(file, text).map(|_| ());
    let overlay: Read = |file, text| pack::read_overlay(file, text).map(|_| ());
    let packs = pack::BUILT_IN.map(|(_, text)| (text, pack));
    let overlays = pack::OVERLAYS.map(|(_, text)| (text, overlay));
    for (text, read) in packs.into_iter().chain(overlays) {
        assert_eq!(read("p.toml", text), Ok(()));
        let heads: Vec<_> = text.lines().enumerate().filter(|(_, l)| l.starts_with('[')).collect();
        assert!(25 <= heads.len());
        for (line, head) in heads {
            let name = head.trim_matches(['[', ']']);
            let lines: Vec<_> = text.lines().collect();
            let renamed = text.replacen(head, &format!("{}_]", head.trim_end_matches(']')), 1);
            let said = read("p.toml", &renamed).unwrap_err().to_string();
            assert!(said.contains(&format!("`{name}` is missing")), "{said}");
            let unknown = format!("p.toml:{}: unknown key `{name}_`", line + 1);
            assert!(said.contains(&unknown), "{said}");
            // No parameter takes a table, or a number below zero.
            for wrong in ["value = {}", "value = -1"] {
                let mut changed = lines.clone();
                let is_list = lines[line + 1].ends_with('[');
                if is_list {
                    continue;
                }
                changed[line + 1] = wrong;
                let said = read("p.toml", &changed.join("\n")).unwrap_err().to_string();
                let refused = format!("p.toml:{}: `{name}.value` is ", line + 2);
                assert!(said.starts_with(&refused), "{said}");
            }
        }
    }
}

#[test]
fn a_parameter_of_listings_says_its_rule_and_does_not_contradict_another() {
    pack_fault(
        "value = 1440\nunit = \"minutes\"\nrule = \"D2\"",
        "value = 43_201\nunit = \"minutes\"\nrule = \"D2\"",
        expect![
            "pack.toml:598: `parameter.free_minutes.value` is 43201, and must be a whole number from 1 to 43200"
        ],
    );
    pack_fault(
        "[parameter.free_minutes]\nvalue = 1440\nunit = \"minutes\"\nrule = \"D2\"",
        "[parameter.free_minutes]\nvalue = 1440\nunit = \"minutes\"\nrule = \"D1\"",
        expect![[r#"pack.toml:597: `parameter.free_minutes` is of rule "D1", and must be "D2""#]],
    );
    pack_fault(
        "[parameter.bids_per_bidder_max]\nvalue = 1000",
        "[parameter.bids_per_bidder_max]\nvalue = 10001",
        expect![
            "pack.toml:817: `parameter.bids_per_bidder_max` is beyond its bound, and must be at most what the parameter that bounds it says"
        ],
    );
    pack_fault(
        "\"strategy\"",
        "\"stratagem\"",
        expect![[
            r#"pack.toml:274: `parameter.disclosure_fields.value` is a list, and must be a list of "strategy", "term", "manager", "commitment", "net_assets", "portfolio", "cash_flows", "manager_fees", "valuation_method", "encumbrances", "disputes", "transfer_terms", "first_refusal_holders", "reason", "payment_terms", "interim_terms", "accounts" and "taxes""#
        ]],
    );
}

#[test]
fn an_unknown_parameter_is_refused_with_its_line_and_the_known_one() {
    pack_fault(
        "[parameter.fills_max]",
        "[parameter.fils_max]",
        expect![[r#"
        pack.toml:14: `parameter.fills_max` is missing
        pack.toml:134: unknown key `parameter.fils_max`: did you mean `fills_max`?"#]],
    );
    pack_fault(
        "class = \"L\"",
        "klass = \"L\"",
        expect![[r#"
        pack.toml:28: `parameter.turnaround_trading_days.class` is missing
        pack.toml:32: unknown key `parameter.turnaround_trading_days.klass`: did you mean `class`?"#]],
    );
    pack_fault("code = ", "colour = 1\ncode = ", expect!["pack.toml:7: unknown key `colour`"]);
}

#[test]
fn a_value_out_of_range_is_refused_with_its_line() {
    pack_fault(
        "value = 5\n",
        "value = 251\n",
        expect![
            "pack.toml:29: `parameter.turnaround_trading_days.value` is 251, and must be a whole number from 0 to 250"
        ],
    );
    pack_fault(
        "value = 5\n",
        "value = \"5\"\n",
        expect![[
            r#"pack.toml:29: `parameter.turnaround_trading_days.value` is "5", and must be a whole number from 0 to 250"#
        ]],
    );
    pack_fault(
        "value = \"1000000.00\"",
        "value = 1000000.0",
        expect![[
            r#"pack.toml:68: `parameter.investment_min.value` is 1000000.0, and must be an amount with two decimals in quotes, as "1000000.00", up to 10^13"#
        ]],
    );
    pack_fault(
        "value = \"1000000.00\"",
        "value = \"10000000000000.01\"",
        expect![[
            r#"pack.toml:68: `parameter.investment_min.value` is "10000000000000.01", and must be an amount with two decimals in quotes, as "1000000.00", up to 10^13"#
        ]],
    );
    pack_fault(
        "value = \"allowed\"",
        "value = \"perhaps\"",
        expect![[
            r#"pack.toml:15: `parameter.continuous.value` is "perhaps", and must be "allowed" or "forbidden""#
        ]],
    );
    pack_fault(
        "unit = \"trading days\"",
        "unit = \"days\"",
        expect![[
            r#"pack.toml:30: `parameter.turnaround_trading_days.unit` is "days", and must be "trading days""#
        ]],
    );
    pack_fault(
        "value = \"none\"\nunit = \"ppm\"",
        "value = 0\nunit = \"ppm\"",
        expect![[
            r#"pack.toml:119: `parameter.price_band.value` is 0, and must be a whole number from 1 to 1000000, or "none""#
        ]],
    );
    pack_fault(
        "value = \"none\"\nunit = \"local time\"",
        "value = \"15:00-09:30\"\nunit = \"local time\"",
        expect![[
            r#"pack.toml:126: `parameter.trading_hours.value` is "15:00-09:30", and must be opening and closing, as 09:30-15:00, or "none""#
        ]],
    );
    pack_fault(
        "version = 1",
        "version = 0",
        expect!["pack.toml:8: `version` is 0, and must be a whole number from 1 to 4294967295"],
    );
    pack_fault(
        "source = \"合伙企业法 61\"",
        "source = \"\"",
        expect![[
            r#"pack.toml:42: `parameter.holders_partnership_max.source` is "", and must be a text that is not empty"#
        ]],
    );
}

#[test]
fn all_faults_of_a_file_are_said_at_once() {
    let text = "code = \"x y\"\nversion = 1\nvalid_from = 2026-02-30\njurisdiction = \"CN\"\n";
    let faults = pack::read("pack.toml", text).unwrap_err();
    expect!["pack.toml:3: invalid date, expected day between 01 and 28"]
        .assert_eq(&faults.to_string());
    let text = "code = \"x y\"\nversion = 1.5\nvalid_from = \"today\"\n";
    let faults = pack::read("pack.toml", text).unwrap_err();
    expect![[r#"
        pack.toml:1: `code` is "x y", and must be 1 to 64 bytes without spaces
        pack.toml:2: `version` is 1.5, and must be a whole number from 1 to 4294967295
        pack.toml:3: `valid_from` is "today", and must be a date, as 2026-11-24
        pack.toml:3: `jurisdiction` is missing
        pack.toml:3: `parameter` is missing"#]]
    .assert_eq(&faults.to_string());
}

#[test]
fn a_parameter_may_be_given_or_none() {
    let (_, text) = pack::BUILT_IN[1];
    let text = text
        .replace("value = \"none\"\nunit = \"ppm\"", "value = 300_000\nunit = \"ppm\"")
        .replace("value = \"none\"\nunit = \"local", "value = \"09:30-24:00\"\nunit = \"local")
        .replace("value = \"none\"\nunit = \"province", "value = \"JS\"\nunit = \"province");
    let pack = pack::read("pack.toml", &text).unwrap().pack;
    assert_eq!(pack.price_band.map(Ppm::get), Some(300_000));
    let hours = pack.trading_hours.unwrap();
    assert_eq!((hours.opens_minute, hours.closes_minute), (570, 1_440));
    assert_eq!(pack.province.as_deref(), Some("JS"));
}

#[test]
fn i3_the_calendar_holds_the_notices_of_2024_to_2026() {
    let calendar = calendar::built_in("cn").unwrap().calendar;
    // Counted by hand in the notices.
    let weekdays_off = |year| calendar.holidays.iter().filter(|d| d.ymd().0 == year).count();
    let makeup = |year| calendar.makeup_days.iter().filter(|d| d.ymd().0 == year).count();
    assert_eq!([2024, 2025, 2026].map(makeup), [8, 5, 6]);
    assert_eq!([2024, 2025, 2026].map(weekdays_off), [19, 18, 19]);
    assert!(calendar.holidays.iter().all(|date| !date.is_weekend()));
    assert_eq!(calendar.is_working_day(date("2026-02-14")), Ok(true));
    assert_eq!(calendar.is_trading_day(date("2026-02-14")), Ok(false));
    assert_eq!(calendar.trading_day_from(date("2026-02-14")), Ok(date("2026-02-24")));
    assert_eq!(calendar.trading_day_from(date("2025-10-01")), Ok(date("2025-10-09")));
    // The notice does not make the eve of 2024's Spring Festival a holiday.
    assert_eq!(calendar.is_trading_day(date("2024-02-09")), Ok(true));
    assert!(calendar.is_trading_day(date("2027-01-01")).is_err());
}

#[test]
fn the_demo_trades_on_any_weekday_of_the_century() {
    let venue = read("venue-demo.toml", DEMO, Path::new("")).unwrap();
    assert_eq!(venue.calendar.is_trading_day(date("2026-11-24")), Ok(true));
    assert_eq!(venue.calendar.is_trading_day(date("2026-11-28")), Ok(false));
    assert_eq!(venue.calendar.is_trading_day(date("2099-12-31")), Ok(true));
    let other = read("venue.toml", BUILT_IN, Path::new("")).unwrap();
    assert_eq!((venue.segments, venue.staff), (other.segments, other.staff));
}

#[test]
fn a_calendar_refuses_days_that_are_not_its_own() {
    calendar_fault(
        "until = 2026-12-31",
        "until = 2023-12-31",
        expect!["cn.toml:13: `until` is 2023-12-31, and must be 2024-01-01 or later"],
    );
    calendar_fault(
        "2024-02-04, ",
        "2025-02-04, ",
        expect![
            "cn.toml:19: `year[0].makeup_days` is 2025-02-04, and must be a weekend day of 2024 that is not off"
        ],
    );
    calendar_fault(
        "2024-02-04, ",
        "2024-02-05, ",
        expect![
            "cn.toml:19: `year[0].makeup_days` is 2024-02-05, and must be a weekend day of 2024 that is not off"
        ],
    );
    calendar_fault(
        "2024-02-04, ",
        "2024-02-10, ",
        expect![
            "cn.toml:19: `year[0].makeup_days` is 2024-02-10, and must be a weekend day of 2024 that is not off"
        ],
    );
    calendar_fault(
        "until = 2024-02-17 }",
        "until = 2024-02-09 }",
        expect![
            "cn.toml:23: `year[0].holidays[1].from` is 2024-02-10 to 2024-02-09, and must be within 2024 and the calendar, first day first"
        ],
    );
    calendar_fault(
        "year = 2026",
        "year = 2026\ncolour = 1",
        expect!["cn.toml:46: unknown key `year[2].colour`"],
    );
}

#[test]
fn a_venue_refuses_what_it_does_not_know() {
    venue_fault(
        "role = \"operator\"",
        "role = \"lp\"",
        expect![[
            r#"venue.toml:17: `staff[0].role` is "lp", and must be "operator", "supervisor", "settlement_bank" or "regulator""#
        ]],
    );
    venue_fault(
        "pack = \"licensed\"",
        "pack = \"licenced\"",
        expect![
            "`licenced` is no pack that comes with the program (cn-regional, licensed, us-qms): name one of these, or a file that ends in .toml"
        ],
    );
    venue_fault(
        "calendar = \"cn\"",
        "calendar = \"uk\"",
        expect![
            "`uk` is no calendar that comes with the program (cn, weekends): name one of these, or a file that ends in .toml"
        ],
    );
    venue_fault(
        "taker_sell = 800",
        "taker_sell = 100_001",
        expect![
            "venue.toml:43: `segment[0].fees[1].taker_sell` is 100001, and must be a whole number from 0 to 100000"
        ],
    );
    venue_fault(
        "taker_sell = 800",
        "taker_sel = 800",
        expect![[r#"
        venue.toml:43: `segment[0].fees[1].taker_sell` is missing
        venue.toml:43: unknown key `segment[0].fees[1].taker_sel`: did you mean `taker_sell`?"#]],
    );
    venue_fault(
        "fees = [{ maker_buy = 1000, maker_sell = 1000, taker_buy = 1000, taker_sell = 1000 }]",
        "fees = []",
        expect!["venue.toml:52: `segment[1].fees` is 0 rows, and must be 1 to 8"],
    );
    venue_fault(
        "utc_offset_minutes = 480",
        "utc_offset_minutes = 900",
        expect![
            "venue.toml:10: `utc_offset_minutes` is 900, and must be a whole number from -720 to 840"
        ],
    );
}

#[test]
fn packs_and_calendars_of_ones_own_are_looked_for_beside_the_venue() {
    let folder = tempfile::tempdir().unwrap();
    let (_, licensed) = pack::BUILT_IN[1];
    let own = licensed.replace("code = \"licensed\"", "code = \"pilot\"");
    fs::write(folder.path().join("pilot.toml"), own).unwrap();
    let venue = BUILT_IN
        .replace("pack = \"licensed\"", "pack = \"pilot.toml\"")
        .replace("calendar = \"cn\"", "calendar = \"weekends\"");
    let path = folder.path().join("venue.toml");
    fs::write(&path, venue).unwrap();
    assert_eq!(load(&path).unwrap().segments[0].pack.code, "pilot");
    assert!(matches!(load(&folder.path().join("none.toml")), Err(Error::Unreadable { .. })));
}
