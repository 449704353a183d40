//! The venue as files: what it opens with, its policy packs and its calendar.
//!
//! They are no configuration: they enter a journal by command, once, and change by command. A file
//! is read whole; each of its faults is reported with its line.

pub mod calendar;
pub mod document;
pub mod pack;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sfund_engine::amount::Ppm;
use sfund_engine::calendar::Calendar;
use sfund_engine::policy::{FEE_MAX, Fees, Rates, TIERS_MAX};
use sfund_engine::registry::party::Role;
use sfund_engine::venue::segment::SegmentDetails;

use self::document::{Faults, Findings, Section};

/// The venue that opens where no file is named.
pub const BUILT_IN: &str = include_str!("../../deploy/venue.toml");
/// The venue of the demo, which trades on every day but weekends.
pub const DEMO: &str = include_str!("../../deploy/venue-demo.toml");

/// A venue as its file states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueFile {
    /// Name.
    pub name: String,
    /// Minutes by which its days run ahead of UTC.
    pub utc_offset_minutes: i16,
    /// Its calendar.
    pub calendar: Calendar,
    /// Its segments, in order.
    pub segments: Vec<SegmentDetails>,
    /// Its staff, in order.
    pub staff: Vec<Member>,
}

/// A member of the venue's own side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Unique code.
    pub code: String,
    /// Name.
    pub name: String,
    /// A staff role.
    pub role: Role,
}

/// Why a venue's files could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("{path} cannot be read: name a file that exists and that this user may read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file is not as it must be.
    #[error(transparent)]
    Faulty(#[from] Faults),
    /// No built-in pack or calendar has this name.
    #[error(
        "`{name}` is no {kind} that comes with the program ({known}): name one of these, or a \
         file that ends in .toml"
    )]
    NotBuiltIn {
        /// `pack`, `overlay` or `calendar`.
        kind: &'static str,
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
}

/// Reads the venue's file at `path` and the packs and the calendar that it names.
///
/// # Errors
///
/// See [`Error`].
pub fn load(path: &Path) -> Result<VenueFile, Error> {
    let folder = path.parent().unwrap_or(Path::new(""));
    read(&path.display().to_string(), &read_text(path)?, folder)
}

/// Reads the venue in `text`, the text of `file`; the files it names are looked for in `folder`.
///
/// # Errors
///
/// See [`Error`].
pub fn read(file: &str, text: &str, folder: &Path) -> Result<VenueFile, Error> {
    let draft = document::read(file, text, draft)?;
    let calendar = load_calendar(&draft.calendar, folder)?.calendar;
    let mut segments = Vec::new();
    for SegmentDraft { code, name, pack, fees, overlay } in draft.segments {
        let pack = load_pack(&pack, folder)?.pack;
        let overlay = overlay.map(|overlay| load_overlay(&overlay, folder)).transpose()?;
        let overlay = overlay.map(|file| file.overlay);
        segments.push(SegmentDetails { code, name, pack, fees, overlay });
    }
    let Draft { name, utc_offset_minutes, staff, .. } = draft;
    Ok(VenueFile { name, utc_offset_minutes, calendar, segments, staff })
}

/// The rules that a segment opens with, and where each of their values comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentRules {
    /// The segment's code.
    pub code: String,
    /// Its pack.
    pub pack: pack::PackFile,
    /// Its overlay.
    pub overlay: Option<pack::OverlayFile>,
}

/// Reads the rules that the segments of the venue's file at `path` open with.
///
/// # Errors
///
/// See [`Error`].
pub fn load_rules(path: &Path) -> Result<Vec<SegmentRules>, Error> {
    let folder = path.parent().unwrap_or(Path::new(""));
    read_rules(&path.display().to_string(), &read_text(path)?, folder)
}

/// Reads the rules of the segments in `text`, the text of `file`.
///
/// # Errors
///
/// See [`Error`].
pub fn read_rules(file: &str, text: &str, folder: &Path) -> Result<Vec<SegmentRules>, Error> {
    let rules = |SegmentDraft { code, pack, overlay, .. }: SegmentDraft| {
        let overlay = overlay.map(|overlay| load_overlay(&overlay, folder)).transpose()?;
        Ok(SegmentRules { code, pack: load_pack(&pack, folder)?, overlay })
    };
    document::read(file, text, draft)?.segments.into_iter().map(rules).collect()
}

/// A pack or an overlay.
pub enum Either {
    /// A pack.
    Pack(Box<pack::PackFile>),
    /// An overlay.
    Overlay(Box<pack::OverlayFile>),
}

/// The pack or the overlay of this name, or that of the file, from `folder`.
///
/// # Errors
///
/// See [`Error`]; of a file that is neither, what keeps it from being a pack.
pub fn load_any(name: &str, folder: &Path) -> Result<Either, Error> {
    match (load_pack(name, folder), load_overlay(name, folder)) {
        (Ok(pack), _) => Ok(Either::Pack(Box::new(pack))),
        (Err(_), Ok(overlay)) => Ok(Either::Overlay(Box::new(overlay))),
        (Err(error), Err(_)) => Err(error),
    }
}

/// The pack that comes with the program under this name, or that of the file, from `folder`.
///
/// # Errors
///
/// See [`Error`].
pub fn load_pack(name: &str, folder: &Path) -> Result<pack::PackFile, Error> {
    if is_file(name) {
        let path = folder.join(name);
        return Ok(pack::read(&path.display().to_string(), &read_text(&path)?)?);
    }
    pack::built_in(name).ok_or_else(|| not_built_in("pack", name, &pack::BUILT_IN))
}

/// The overlay that comes with the program under this name, or that of the file, from `folder`.
///
/// # Errors
///
/// See [`Error`].
pub fn load_overlay(name: &str, folder: &Path) -> Result<pack::OverlayFile, Error> {
    if is_file(name) {
        let path = folder.join(name);
        return Ok(pack::read_overlay(&path.display().to_string(), &read_text(&path)?)?);
    }
    pack::built_in_overlay(name).ok_or_else(|| not_built_in("overlay", name, &pack::OVERLAYS))
}

/// The calendar that comes with the program under this name, or that of the file, from `folder`.
///
/// # Errors
///
/// See [`Error`].
pub fn load_calendar(name: &str, folder: &Path) -> Result<calendar::CalendarFile, Error> {
    if is_file(name) {
        let path = folder.join(name);
        return Ok(calendar::read(&path.display().to_string(), &read_text(&path)?)?);
    }
    calendar::built_in(name).ok_or_else(|| not_built_in("calendar", name, &calendar::BUILT_IN))
}

/// What the venue's own file says; packs and calendar are still names.
struct Draft {
    name: String,
    utc_offset_minutes: i16,
    calendar: String,
    segments: Vec<SegmentDraft>,
    staff: Vec<Member>,
}

struct SegmentDraft {
    code: String,
    name: String,
    pack: String,
    fees: Fees,
    overlay: Option<String>,
}

fn draft(root: &mut Section<'_, '_>, findings: &mut Findings<'_>) -> Option<Draft> {
    let name = root.text("name", findings);
    let utc_offset_minutes = root.number("utc_offset_minutes", -720..=840, findings);
    let calendar = root.text("calendar", findings);
    let mut staff = Vec::new();
    for mut section in root.sections("staff", findings) {
        staff.extend(member(&mut section, findings));
        section.finish(findings);
    }
    let mut segments = Vec::new();
    for mut section in root.sections("segment", findings) {
        segments.extend(segment(&mut section, findings));
        section.finish(findings);
    }
    Some(Draft {
        name: name?,
        utc_offset_minutes: utc_offset_minutes?,
        calendar: calendar?,
        segments,
        staff,
    })
}

fn member(section: &mut Section<'_, '_>, findings: &mut Findings<'_>) -> Option<Member> {
    let code = section.text("code", findings);
    let name = section.text("name", findings);
    let expected = "\"operator\", \"supervisor\", \"settlement_bank\" or \"regulator\"";
    let role = section.parsed("role", expected, findings, |value| {
        let word = value.as_str()?;
        Role::ALL.into_iter().find(|role| role.is_staff() && role.to_string() == word)
    });
    Some(Member { code: code?, name: name?, role: role? })
}

fn segment(section: &mut Section<'_, '_>, findings: &mut Findings<'_>) -> Option<SegmentDraft> {
    let code = section.text("code", findings);
    let name = section.text("name", findings);
    let pack = section.text("pack", findings);
    let overlay = section.text_if_any("overlay", findings);
    let mut tiers = Vec::new();
    let sections = section.sections("fees", findings);
    if sections.is_empty() || TIERS_MAX < sections.len() {
        let expected = format!("1 to {TIERS_MAX}");
        section.refuse("fees", &format!("{} rows", sections.len()), &expected, findings);
    }
    for mut row in sections {
        tiers.extend(rates(&mut row, findings));
        row.finish(findings);
    }
    Some(SegmentDraft {
        code: code?,
        name: name?,
        pack: pack?,
        fees: Fees { tiers },
        overlay: overlay?,
    })
}

fn rates(row: &mut Section<'_, '_>, findings: &mut Findings<'_>) -> Option<Rates> {
    let mut rate = |key| row.number(key, 0..=i64::from(FEE_MAX.get()), findings).map(Ppm::new);
    let (maker_buy, maker_sell) = (rate("maker_buy"), rate("maker_sell"));
    let (taker_buy, taker_sell) = (rate("taker_buy"), rate("taker_sell"));
    Some(Rates {
        maker_buy: maker_buy?,
        maker_sell: maker_sell?,
        taker_buy: taker_buy?,
        taker_sell: taker_sell?,
    })
}

fn is_file(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "toml")
}

fn read_text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })
}

fn not_built_in(kind: &'static str, name: &str, known: &[(&str, &str)]) -> Error {
    let known = known.iter().map(|(code, _)| *code).collect::<Vec<_>>().join(", ");
    Error::NotBuiltIn { kind, name: name.to_owned(), known }
}

#[cfg(test)]
mod tests;
