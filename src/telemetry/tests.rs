use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::*;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Names of metrics that stand in the sources, as `histogram!("name")` has them, or as constants.
fn recorded(folder: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            recorded(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for macro_name in ["counter!(\"", "gauge!(\"", "histogram!(\""] {
                let found = text.split(macro_name).skip(1);
                names.extend(found.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
            }
            // Named in this module and recorded by that name.
            if folder.ends_with("telemetry") {
                for line in text.lines() {
                    let Some((_, rest)) = line.split_once("const ") else { continue };
                    let Some((_, rest)) = rest.split_once(": &str = \"") else { continue };
                    names.push(rest.trim_end_matches("\";").to_owned());
                }
            }
        }
    }
}

#[test]
fn every_metric_recorded_is_described_and_the_other_way_round() {
    let mut names = Vec::new();
    recorded(&Path::new(ROOT).join("src"), &mut names);
    names.retain(|name| name.starts_with("sfund_") || name.starts_with("process_"));
    names.sort();
    names.dedup();
    let mut described: Vec<&str> = DESCRIPTIONS.iter().map(|metric| metric.name).collect();
    described.sort_unstable();
    assert_eq!(names, described);
}

/// Names of metrics in an expression of Prometheus.
fn metrics_in(expression: &str) -> Vec<&str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = expression.split(|letter| !is_part(letter));
    words.filter(|word| word.starts_with("sfund_") || word.starts_with("process_")).collect()
}

/// Whether Prometheus finds a metric of this name here.
fn is_served(name: &str) -> bool {
    DESCRIPTIONS.iter().any(|metric| match metric.kind {
        Kind::Counter | Kind::Gauge => name == metric.name,
        Kind::Histogram => ["_bucket", "_sum", "_count"]
            .iter()
            .any(|suffix| name.strip_suffix(suffix) == Some(metric.name)),
    })
}

fn deployed(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join("deploy").join(path)).unwrap()
}

/// Every expression of the dashboard.
fn expressions(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            if let Some(text) = fields.get("expr").and_then(serde_json::Value::as_str) {
                found.push(text.to_owned());
            }
            fields.values().for_each(|value| expressions(value, found));
        }
        serde_json::Value::Array(values) => values.iter().for_each(|one| expressions(one, found)),
        _ => {}
    }
}

#[derive(serde::Deserialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(serde::Deserialize)]
struct Group {
    rules: Vec<Alert>,
}

#[derive(serde::Deserialize)]
struct Alert {
    alert: String,
    expr: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

fn alerts() -> Vec<Alert> {
    let rules: Rules = serde_saphyr::from_str(&deployed("prometheus/alerts.yml")).unwrap();
    rules.groups.into_iter().flat_map(|group| group.rules).collect()
}

#[test]
fn the_dashboard_and_the_alerts_look_at_metrics_that_are_served() {
    let dashboard = serde_json::from_str(&deployed("grafana/sfund.json")).unwrap();
    let mut all = Vec::new();
    expressions(&dashboard, &mut all);
    assert!(40 < all.len(), "{}", all.len());
    all.extend(alerts().into_iter().map(|alert| alert.expr));
    for expression in &all {
        for name in metrics_in(expression) {
            assert!(is_served(name), "{name} in {expression}");
        }
    }
}

#[test]
fn the_dashboard_shows_every_metric() {
    let dashboard = deployed("grafana/sfund.json");
    for metric in DESCRIPTIONS {
        assert!(dashboard.contains(metric.name), "{}", metric.name);
    }
}

#[test]
fn every_alert_leads_to_its_place_in_the_runbook_and_every_place_has_its_alert() {
    let runbook = deployed("RUNBOOK.md");
    let (_, section) = runbook.split_once("\n## Alerts\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let mut places: Vec<_> =
        section.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_owned).collect();
    // `promtool test rules` provokes each of them.
    let provoked = deployed("prometheus/alerts_test.yml");
    assert!(provoked.contains(&format!("value: {}\n", alerts().len())), "provoke the new alert");
    let mut names = Vec::new();
    for Alert { alert, labels, annotations, .. } in alerts() {
        assert!(["page", "ticket"].contains(&labels["severity"].as_str()), "{alert}");
        let leads_to = format!("RUNBOOK.md#{}", alert.to_lowercase());
        assert_eq!(annotations["runbook_url"], leads_to);
        assert!(annotations["summary"].is_ascii(), "{alert}");
        let is_chinese = |text: &str| text.chars().any(|sign| '\u{4e00}' <= sign);
        assert!(is_chinese(&annotations["summary_zh"]), "{alert}");
        names.push(alert);
    }
    places.sort();
    names.sort();
    assert_eq!(places, names);
    for place in section.split("### ").skip(1) {
        for part in ["- Means: ", "- Look at: ", "- Do: "] {
            assert!(place.contains(part), "{place}");
        }
    }
}
