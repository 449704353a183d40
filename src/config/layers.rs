//! The layers of the configuration and the origin of every value.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use config::{Environment, File, FileFormat, Map, Source, Value, ValueKind};

use super::wrong::{Complaint, Error};
use super::{Config, DEFAULTS, ENVIRONMENT_PREFIX};
use crate::venue_file::document::{did_you_mean, nearest_of};

/// A setting that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// `section.key`.
    pub key: String,
    /// What it is for: its comment in the file of defaults.
    pub help: String,
    /// Its default, as the file writes it.
    pub default: String,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// This file.
    File(PathBuf),
    /// This variable.
    Environment(String),
    /// A flag.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// A setting in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What it is.
    pub known: Known,
    /// Its value as TOML.
    pub value: String,
    /// Where that comes from.
    pub origin: Origin,
}

/// The configuration in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Every setting with its origin, in the order of the file of defaults.
    pub settings: Vec<Setting>,
}

/// Every setting there is, in the order of the file of defaults.
#[must_use]
pub fn known() -> Vec<Known> {
    let mut known = Vec::new();
    let (mut section, mut comment) = ("", Vec::new());
    for line in DEFAULTS.lines() {
        if let Some(words) = line.strip_prefix('#') {
            comment.push(words.trim());
        } else if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            comment.clear();
        } else if let Some((key, default)) = line.split_once(" = ") {
            let (key, help) = (format!("{section}.{key}"), comment.join(" "));
            known.push(Known { key, help, default: default.to_owned() });
            comment.clear();
        } else {
            comment.clear();
        }
    }
    known
}

/// Reads all layers: defaults, `file`, those of the `environment` that are settings, `flags`.
///
/// # Errors
///
/// See [`Error`]. Unknown keys are reported together, and so are values that cannot stand.
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[(String, String)],
) -> Result<Loaded, Error> {
    let known = known();
    let mut builder = config::Config::builder();
    let mut layers: Vec<(String, Value, Origin)> = Vec::new();

    let defaults = File::from_str(DEFAULTS, FileFormat::Toml);
    flatten("", &collect(&defaults)?, &Origin::Default, &mut layers);
    builder = builder.add_source(defaults);

    if let Some(path) = file {
        let text = fs::read_to_string(path)
            .map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
        // Parsed once for its own sake: this error shows the line.
        if let Err(error) = toml::from_str::<toml::Table>(&text) {
            return Err(Error::Syntax { path: path.to_owned(), source: Box::new(error) });
        }
        let source = File::from_str(&text, FileFormat::Toml);
        flatten("", &collect(&source)?, &Origin::File(path.to_owned()), &mut layers);
        builder = builder.add_source(source);
    }

    let variables: BTreeMap<String, String> =
        environment.into_iter().filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX)).collect();
    for (name, value) in &variables {
        let key = name.trim_start_matches(ENVIRONMENT_PREFIX).to_lowercase().replace("__", ".");
        let origin = Origin::Environment(name.clone());
        layers.push((key, Value::from(value.clone()), origin));
    }
    builder = builder.add_source(
        Environment::with_prefix("SFUND")
            .prefix_separator("__")
            .separator("__")
            .source(Some(variables.into_iter().collect())),
    );

    for (key, value) in flags {
        layers.push((key.clone(), Value::from(value.clone()), Origin::Flag));
    }

    refuse_unknown(&known, &layers)?;
    for (key, value) in flags {
        builder = builder.set_override(key, value.clone()).map_err(Error::Type)?;
    }
    let config: Config =
        builder.build().and_then(config::Config::try_deserialize).map_err(Error::Type)?;
    let settings = settings(known, layers);
    refuse_wrong(&config, &settings)?;
    Ok(Loaded { config, settings })
}

fn collect(source: &impl Source) -> Result<Map<String, Value>, Error> {
    source.collect().map_err(Error::Type)
}

fn flatten(
    prefix: &str,
    table: &Map<String, Value>,
    origin: &Origin,
    layers: &mut Vec<(String, Value, Origin)>,
) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        if let ValueKind::Table(inner) = &value.kind {
            flatten(&key, inner, origin, layers);
        } else {
            layers.push((key, value.clone(), origin.clone()));
        }
    }
}

fn refuse_unknown(known: &[Known], layers: &[(String, Value, Origin)]) -> Result<(), Error> {
    let is_known = |key: &str| known.iter().any(|known| known.key == *key);
    let unknown: Vec<Complaint> = layers
        .iter()
        .filter(|(key, ..)| !is_known(key))
        .map(|(key, _, origin)| {
            let nearest = nearest_of(key, known.iter().map(|known| known.key.as_str()));
            let what = format!("is no setting{}", did_you_mean(nearest));
            Complaint { key: key.clone(), origin: origin.clone(), what }
        })
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(Error::Wrong(unknown)) }
}

/// The last layer that speaks of a setting counts.
fn settings(known: Vec<Known>, layers: Vec<(String, Value, Origin)>) -> Vec<Setting> {
    let mut last: BTreeMap<String, (Value, Origin)> =
        layers.into_iter().map(|(key, value, origin)| (key, (value, origin))).collect();
    let setting = |known: Known| {
        let (value, origin) = last.remove(&known.key).expect("a known setting has a default");
        let quoted = known.default.starts_with('"');
        let text = value.to_string();
        let value = if quoted { toml::Value::String(text).to_string() } else { text };
        Setting { known, value, origin }
    };
    known.into_iter().map(setting).collect()
}

fn refuse_wrong(config: &Config, settings: &[Setting]) -> Result<(), Error> {
    let mut wrong = Vec::new();
    config.check(&mut |key, what| {
        let setting = settings.iter().find(|setting| setting.known.key == key);
        let setting = setting.expect("only known settings are checked");
        let what = format!("= {}: {what}", setting.value);
        wrong.push(Complaint { key: key.to_owned(), origin: setting.origin.clone(), what });
    });
    if wrong.is_empty() { Ok(()) } else { Err(Error::Wrong(wrong)) }
}
