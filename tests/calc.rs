//! `sfund calc` as a person runs it: the worked cases of the rules, and what is no question.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
#![allow(missing_docs, reason = "a test is no library")]

use assert_cmd::Command;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// What the program says, and its exit code.
fn run(kind: &str, question: &str) -> (i32, Value) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sfund"));
    command.env_clear().current_dir(folder.path()).args(["calc", kind]).write_stdin(question);
    let output = command.output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

fn answer(kind: &str, question: &Value) -> Value {
    let (code, out) = run(kind, &question.to_string());
    assert_eq!(code, 0, "{question}: {out}");
    out
}

fn reason(kind: &str, question: &Value) -> String {
    let (code, out) = run(kind, &question.to_string());
    assert_eq!(code, 2, "{question}: {out}");
    assert!(!out["error"]["message"].as_str().unwrap().is_empty());
    out["error"]["reason"].as_str().unwrap().to_owned()
}

fn vectors(file: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/");
    serde_json::from_str(&std::fs::read_to_string(format!("{folder}{file}.json")).unwrap()).unwrap()
}

fn each(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn number(value: &Value) -> Decimal {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Decimal::from_str_exact(&text).unwrap_or_else(|_| panic!("{value} is no number"))
}

/// Two maps of numbers by name, however each is written.
fn same(found: &Value, expected: &Value) {
    let numbers = |value: &Value| -> Vec<(String, Decimal)> {
        let mut numbers: Vec<_> = value
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, one)| (key.clone(), number(one)))
            .collect();
        numbers.sort();
        numbers
    };
    assert_eq!(numbers(found), numbers(expected), "{found} is not {expected}");
}

/// The object with more fields.
fn with(question: &Value, fields: Value) -> Value {
    let mut all = question.as_object().unwrap().clone();
    all.extend(fields.as_object().unwrap().clone());
    Value::Object(all)
}

#[test]
fn prices_are_adjusted_as_in_the_worked_cases() {
    let vectors = vectors("price");
    for case in each(&vectors["price_adjustment"]) {
        let out = answer("price", case);
        for (field, expected) in
            [("base", "base"), ("adjusted", "adjusted"), ("unfunded", "unfunded_out")]
        {
            if let Some(expected) = case.get(expected) {
                assert_eq!(number(&out[field]), number(expected), "{field} of {case}");
            }
        }
    }
    let package = &vectors["package_alloc"];
    assert_eq!(answer("package", package)["out"], package["out"]);
    let recallable = json!({
        "nav": "100", "pct": 1, "fraction": "0.5", "unfunded": 10, "recallable_dists": [4]
    });
    let expected = json!({ "base": "50.00", "adjusted": "48.00", "unfunded": "7.00" });
    assert_eq!(answer("price", &recallable), expected);
}

#[test]
fn call_auctions_print_where_each_rule_set_says() {
    let rules =
        [("xetra", "xetra"), ("euronext", "euronext"), ("sse", "sse_tick_half"), ("szse", "szse")];
    for case in each(&vectors("auctions")["call_auction"]) {
        for (reference, prices) in case["expect"].as_object().unwrap() {
            for (rules, expected) in rules {
                let tick = if rules == "sse" { "0.5" } else { "1" };
                let more = json!({ "rules": rules, "reference": reference, "tick": tick });
                let out = answer("call", &with(case, more));
                let said = format!("{} {rules} at {reference}: {out}", case["id"]);
                assert_eq!(number(&out["price"]), number(&prices[expected]), "{said}");
                let traded = |side: &str| {
                    let fills = each(&out["fills"]).iter().filter(|fill| fill["side"] == side);
                    fills.map(|fill| number(&fill["qty"])).sum::<Decimal>()
                };
                assert_eq!(traded("buy"), number(&out["volume"]), "{said}");
                assert_eq!(traded("sell"), number(&out["volume"]), "{said}");
            }
        }
    }
}

#[test]
fn call_auctions_share_by_time_or_pro_rata_and_fill_market_orders_first() {
    let question = json!({
        "rules": "xetra", "buys": [["10.5", 10], [10, 30], [10, "15.5"]], "sells": [[9, 15.5]],
        "market_sell": 5, "reference": 10, "margin": "pro_rata"
    });
    let expected = json!({
        "price": "10.00", "volume": 20.5, "imbalance": 35,
        "fills": [
            { "side": "buy", "order": 0, "qty": 10 },
            { "side": "buy", "order": 1, "qty": 6.92 },
            { "side": "buy", "order": 2, "qty": 3.58 },
            { "side": "sell", "order": "market", "qty": 5 },
            { "side": "sell", "order": 0, "qty": 15.5 }
        ]
    });
    assert_eq!(answer("call", &question), expected);
}

#[test]
fn g4_a_call_auction_without_a_reference_has_no_price_and_says_why() {
    let question = json!({ "rules": "sse", "buys": [[10, 1]], "sells": [[9, 1]] });
    let none = answer("call", &question);
    assert_eq!((&none["price"], &none["reason"]), (&Value::Null, &json!("NO_REFERENCE")));
    let apart = json!({ "rules": "sse", "buys": [[8, 1]], "sells": [[9, 1]], "reference": 9 });
    let none = answer("call", &apart);
    assert_eq!((&none["price"], &none["reason"]), (&Value::Null, &json!("NO_CROSS")));
}

#[test]
fn the_book_of_one_seller_is_awarded_in_every_format() {
    let case = &vectors("auctions")["one_seller_book"];
    let award = |format: &str, margin: &str| {
        answer("lot", &with(case, json!({ "format": format, "margin": margin })))
    };
    for format in ["pay_as_bid", "english", "dutch"] {
        let out = award(format, "time");
        assert_eq!(number(&out["revenue"]), number(&case["pay_as_bid"]), "{format}");
        same(&out["alloc"], &case["time_alloc"]);
        let reasons = json!({ "D": "CUT_AT_MARGIN", "E": "LOST_AT_MARGIN", "F": "OUTBID" });
        assert_eq!(out["reasons"], reasons, "{format}");
    }
    let pro_rata = award("pay_as_bid", "pro_rata");
    for (name, lots) in case["largest_remainder"].as_object().unwrap() {
        assert_eq!(&pro_rata["alloc"][name], lots);
    }
    let uniform = award("uniform", "time");
    assert_eq!(number(&uniform["revenue"]), number(&case["uniform_lwb"]));
    assert_eq!(uniform["prices"]["A"], "92.00");
    same(&award("vcg", "time")["prices"], &case["vcg"]);
}

#[test]
fn all_or_none_bids_and_packages_are_awarded_exactly() {
    for case in each(&vectors("auctions")["exact_awards"]) {
        if case.get("packages").is_some() {
            let out = answer("packages", case);
            assert_eq!(out["winners"], case["winners"]);
            assert_eq!(number(&out["value"]), number(&case["best"]));
            assert_eq!(out["proof"]["optimal"], true);
            continue;
        }
        let out = answer("lot", &with(case, json!({ "format": "pay_as_bid" })));
        assert_eq!(number(&out["revenue"]), number(&case["best"]), "{case}");
        same(&out["alloc"], &case["alloc"]);
        assert!(each(&case["bids"]).iter().all(|bid| {
            let name = bid[0].as_str().unwrap();
            let full = out["alloc"].get(name) == Some(&bid[3]);
            full != out["reasons"].get(name).is_some()
        }));
    }
}

#[test]
fn a_bid_that_lost_above_the_uniform_price_is_told_that_it_is_a_paradox() {
    let case = &vectors("auctions")["exact_awards"][1];
    let out = answer("lot", &with(case, json!({ "format": "uniform" })));
    assert_eq!(out["prices"], json!({ "B": "93.70", "C": "93.70" }));
    assert_eq!(out["reasons"], json!({ "A": "PARADOXICALLY_REJECTED", "D": "OUTBID" }));
}

#[test]
fn of_an_english_bidder_the_last_higher_bid_stands() {
    let question = json!({
        "format": "english", "Q": 1, "reserve": 5,
        "bids": [["a", 6, 1], ["b", 7, 1], ["a", 8, 1], ["b", 7, 1]]
    });
    let expected = json!({
        "alloc": { "a": 1 }, "prices": { "a": "8.00" }, "revenue": "8.00",
        "reasons": { "b": "OUTBID" }
    });
    assert_eq!(answer("lot", &question), expected);
}

#[test]
fn packages_keep_to_the_capacity_of_funds_and_to_one_of_an_exclusive_set() {
    let packages = json!([["p", ["X", "Y"], 9], ["q", ["X"], 6], ["r", ["Y"], 5], ["s", ["X"], 4]]);
    let question =
        json!({ "packages": packages, "capacity": { "X": 2 }, "xor": { "one": ["q", "p"] } });
    let out = answer("packages", &question);
    assert_eq!((&out["winners"], &out["value"]), (&json!(["q", "r", "s"]), &json!("15.00")));
    assert_eq!(out["proof"]["method"], "search");
    // The same sets, told by package.
    let question = json!({ "packages": packages, "xor": { "q": "one", "r": "one" } });
    let out = answer("packages", &question);
    assert_eq!((&out["winners"], &out["value"]), (&json!(["p"]), &json!("9.00")));
    assert_eq!(out["proof"]["method"], "every_subset");
}

#[test]
fn what_is_left_is_rationed_by_largest_remainder() {
    for case in each(&vectors("auctions")["rationing_largest_remainder"]) {
        assert_eq!(answer("ration", case)["out"], case["out"]);
    }
}

#[test]
fn d2_clocks_end_as_in_the_worked_cases() {
    for case in each(&vectors("auctions")["soft_close"]) {
        let out = answer("clock", case);
        assert_eq!(out["final"], case["final"]);
        assert_eq!(&out["rejected"], case.get("rejected").unwrap_or(&json!([])));
    }
    let late = json!({
        "end": "23:59:00", "W": 120, "mode": "extend", "hard": "23:59:59.5",
        "bids": ["23:58:59.999", "23:59:59.499", "23:59:59.5"]
    });
    let expected = json!({ "final": "23:59:59.5", "rejected": ["23:59:59.5"] });
    assert_eq!(answer("clock", &late), expected);
    let midnight = json!({ "end": "23:59:00", "W": 120, "mode": "reset", "bids": ["23:58:30"] });
    assert_eq!(answer("clock", &midnight)["final"], "24:00:30");
}

#[test]
fn pledges_are_cured_and_sales_flow_down_as_in_the_worked_cases() {
    let vectors = vectors("pledge");
    let case = &vectors["ltv"];
    let out = answer("ltv", case);
    assert_eq!(out["ltv"], case["ltv"]);
    for field in ["cash_cure", "collateral_cure", "trigger_nav"] {
        assert_eq!(number(&out[field]), number(&case[field]), "{field}");
    }
    let within = with(case, json!({ "loan": 1 }));
    assert_eq!(answer("ltv", &within)["cash_cure"], "0.00");

    let case = &vectors["waterfall"];
    let sale = with(case, json!({ "claims": [case["P1"], case["P2"]] }));
    let paid = json!([case["P1"], case["P2"]]);
    let expected = json!({ "paid": paid, "seller": case["seller"], "shortfall": "0.00" });
    assert_eq!(answer("waterfall", &sale), expected);
    let short = json!({ "price": 10, "fee": 1, "costs": 2, "claims": [5, "4.50", 1] });
    let expected =
        json!({ "paid": ["5.00", "2.00", "0.00"], "seller": "0.00", "shortfall": "3.50" });
    assert_eq!(answer("waterfall", &short), expected);

    let base = json!({ "positions": [[60, 0.5], [30, "0.4"], [10, 0]], "conc": 0.5 });
    assert_eq!(answer("borrowing_base", &base), json!({ "base": "37.00" }));
}

#[test]
fn numbers_keep_every_digit_on_the_way_in() {
    let question = r#"{"nav": 9999999999999.99, "pct": "1", "fraction": 0.12345678}"#;
    let (code, out) = run("price", question);
    assert_eq!((code, &out["base"]), (0, &json!("1234567800000.00")));
    let question = r#"{"price": 9007199254740.93, "fee": 0, "costs": 0, "claims": []}"#;
    assert_eq!(run("waterfall", question).1["seller"], "9007199254740.93");
}

#[test]
fn what_is_no_question_ends_with_2_and_a_reason_on_stdout() {
    let price = json!({ "nav": 1, "pct": 1, "fraction": 1 });
    let lot = json!({ "format": "uniform", "Q": 1, "reserve": 1, "bids": [["a", 2, 1]] });
    let call = json!({ "rules": "sse", "buys": [[10, 1]], "sells": [], "reference": 1, "tick": 4 });
    let packages = json!({ "packages": [["a", ["X"], 1]] });
    let clock =
        json!({ "end": "15:00:00", "W": 1, "mode": "reset", "bids": ["10:00:01", "10:00:00"] });
    for (kind, question, expected) in [
        ("prise", price.clone(), "UNKNOWN_KIND"),
        ("price", json!({ "nav": 1 }), "MALFORMED"),
        ("price", json!([]), "MALFORMED"),
        ("price", with(&price, json!({ "nav": "1e3x" })), "MALFORMED"),
        ("price", with(&price, json!({ "nav": "1.001" })), "TOO_FINE"),
        ("price", with(&price, json!({ "nav": -1 })), "OUT_OF_RANGE"),
        ("price", with(&price, json!({ "fraction": 0 })), "OUT_OF_RANGE"),
        ("price", with(&price, json!({ "calls": vec![0; 10_001] })), "TOO_MANY"),
        ("package", json!({ "ref": [0, 0], "bid": 1 }), "OUT_OF_RANGE"),
        ("ration", json!({ "level": [0.5], "left": 1 }), "TOO_FINE"),
        ("lot", with(&lot, json!({ "Q": 0 })), "OUT_OF_RANGE"),
        ("lot", with(&lot, json!({ "format": "lottery" })), "MALFORMED"),
        ("lot", with(&lot, json!({ "bids": [["a", 2, 3, 2]] })), "OUT_OF_RANGE"),
        ("lot", with(&lot, json!({ "bids": [["a", 2, 1], ["a", 2, 1]] })), "NAMED_TWICE"),
        ("call", call, "OFF_TICK"),
        ("clock", clock, "NOT_IN_ORDER"),
        ("packages", with(&packages, json!({ "packages": [["a", [], 1]] })), "MALFORMED"),
        ("packages", with(&packages, json!({ "xor": { "s": ["b"] } })), "UNKNOWN_NAME"),
        ("packages", with(&packages, json!({ "packages": [["a", ["X"], 0]] })), "OUT_OF_RANGE"),
        ("ltv", json!({ "nav": 0, "loan": 1, "trigger": 0.5, "target": 0.4 }), "OUT_OF_RANGE"),
    ] {
        assert_eq!(reason(kind, &question), expected, "{kind} {question}");
    }
    let (code, out) = run("xirr", "{}");
    let message = out["error"]["message"].as_str().unwrap();
    assert!(code == 2 && message.contains("borrowing_base, call, clock, lot"), "{message}");
}

#[test]
fn packages_without_a_proof_in_time_have_no_result() {
    for capacity in [1, 2] {
        let question = json!({
            "packages": [["p", ["X"], 2], ["q", ["X", "Y"], 3]], "capacity": { "X": capacity },
            "work": 1
        });
        assert_eq!(reason("packages", &question), "NO_RESULT");
    }
}
