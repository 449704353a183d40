//! The first command of a journal: opening the venue, with fresh keys for its staff.
//!
//! Only the hashes of the keys enter the journal. The keys themselves are written once, to a file
//! that only its owner may read, before the venue opens.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sfund_engine::registry::party::Role;
use sfund_engine::time::Time;
use sfund_engine::venue::open_venue::{OpenVenue, Staff};

use crate::secret::{NoRandomness, Secret};
use crate::venue_file::VenueFile;

/// Seconds of a day.
const DAY_SECONDS: u64 = 86_400;

/// A venue that is ready to open.
pub struct Genesis {
    /// The command.
    pub command: OpenVenue,
    /// The first keys of the staff, in its order.
    pub keys: Vec<StaffKey>,
}

/// The first key of a member of staff.
pub struct StaffKey {
    /// The member's code.
    pub code: String,
    /// Its role.
    pub role: Role,
    /// The key.
    pub key: Secret,
}

/// Why the keys could not be made or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine gave no random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The file of keys cannot be written.
    #[error("{path}: the first keys cannot be written: look at the disk, or set store.keys_path")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is a file of keys, and no venue.
    #[error(
        "{path} holds the keys of another venue: move it away, or set store.path or \
         store.keys_path"
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
}

/// Prepares to open `venue` at `now`, with a fresh key, good for `key_days`, for each of its staff.
///
/// # Errors
///
/// If the machine gives no random bytes.
pub fn prepare(venue: VenueFile, now: Time, key_days: u32) -> Result<Genesis, Error> {
    let VenueFile { name, utc_offset_minutes, calendar, segments, staff: members } = venue;
    let key_expires = now.plus_seconds(u64::from(key_days).saturating_mul(DAY_SECONDS));
    let (mut staff, mut keys) = (Vec::new(), Vec::new());
    for member in members {
        let key = Secret::new_key()?;
        let (code, role) = (member.code.clone(), member.role);
        staff.push(Staff {
            code: member.code,
            name: member.name,
            role,
            key_hash: key.hash(),
            key_expires,
        });
        keys.push(StaffKey { code, role, key });
    }
    let command = OpenVenue { name, utc_offset_minutes, calendar, segments, staff };
    Ok(Genesis { command, keys })
}

/// Writes `keys` beside the file `path`, which must not exist, for [`publish_keys`]. Only their
/// owner may read them. Durable on return.
///
/// Keys of an attempt to open the venue that came to nothing are overwritten: they open nothing.
///
/// # Errors
///
/// [`Error::Unwritable`]; [`Error::Exists`] if the file exists: it holds the keys of another venue.
pub fn write_keys(path: &Path, keys: &[StaffKey]) -> Result<(), Error> {
    if path.exists() {
        return Err(Error::Exists { path: path.to_owned() });
    }
    let pending = pending(path);
    let unwritable = |source| Error::Unwritable { path: pending.clone(), source };
    let mut text = String::from(
        "# The first keys of the venue's staff: hand each to its owner, then delete this file.\n\
         # The venue keeps only their hashes; a key that is lost is revoked and issued anew.\n",
    );
    for StaffKey { code, role, key } in keys {
        let (code, key) = (toml::Value::String(code.clone()), key.expose());
        write!(text, "\n[[key]]\nparty = {code}\nrole = \"{role}\"\nkey = \"{key}\"\n")
            .expect("a string takes all that is written to it");
    }
    if let Err(error) = fs::remove_file(&pending)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(unwritable(error));
    }
    let mut file = create_private(&pending).map_err(unwritable)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(unwritable)?;
    sync_parent(&pending).map_err(unwritable)
}

/// Gives the keys their name, after the venue opened; does nothing if they have it already.
///
/// # Errors
///
/// [`Error::Unwritable`].
pub fn publish_keys(path: &Path) -> Result<(), Error> {
    let pending = pending(path);
    if !pending.exists() {
        return Ok(());
    }
    fs::rename(&pending, path)
        .and_then(|()| sync_parent(path))
        .map_err(|source| Error::Unwritable { path: path.to_owned(), source })
}

fn pending(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".pending");
    path.with_file_name(name)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all())
}

/// Creates a file that only its owner may read, and that did not exist.
pub(crate) fn create_private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sfund_engine::command::Command;
    use sfund_engine::entry::{Caller, Header};
    use sfund_engine::id::Sequence;
    use sfund_engine::market::{Judgement, Market};

    use super::*;
    use crate::secret::key_hash;
    use crate::venue_file;

    fn genesis() -> Genesis {
        let venue = venue_file::read("venue.toml", venue_file::BUILT_IN, Path::new("")).unwrap();
        prepare(venue, Time::from_nanos(1_800_000_000_000_000_000), 365).unwrap()
    }

    #[test]
    fn only_hashes_of_the_first_keys_enter_the_venue() {
        let genesis = genesis();
        let hashes: BTreeSet<_> = genesis.keys.iter().map(|staff| staff.key.hash()).collect();
        assert_eq!(hashes.len(), genesis.command.staff.len());
        for (staff, key) in genesis.command.staff.iter().zip(&genesis.keys) {
            assert_eq!((&staff.code, staff.role), (&key.code, key.role));
            assert_eq!(staff.key_hash, key_hash(key.key.expose()));
            assert!(staff.role.is_staff());
        }
        let said = format!("{:?}", genesis.command);
        assert!(genesis.keys.iter().all(|staff| !said.contains(staff.key.expose())));
    }

    #[test]
    fn the_venues_that_come_with_the_program_open() {
        for text in [venue_file::BUILT_IN, venue_file::DEMO] {
            let venue = venue_file::read("venue.toml", text, Path::new("")).unwrap();
            let at = Time::from_nanos(1_800_000_000_000_000_000);
            let command = prepare(venue, at, 365).unwrap().command;
            let sequence = Sequence::new(1);
            let header = Header { sequence, at, caller: Caller::Venue, attempt: None };
            let mut market = Market::default();
            let mut events = Vec::new();
            let judgement =
                market.judge(&header, &Command::OpenVenue(Box::new(command)), &mut events);
            assert_eq!(judgement, Judgement::Accepted);
            market.record(&header, &events);
            assert_eq!(market.next_deadline(), None);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_file_of_keys_is_its_owners_alone_and_is_never_overwritten() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store-keys.toml");
        let genesis = genesis();
        write_keys(&path, &genesis.keys).unwrap();
        assert!(!path.exists(), "keys have their name only when they open something");
        write_keys(&path, &genesis.keys).unwrap();
        publish_keys(&path).unwrap();
        publish_keys(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let written = fs::read_to_string(&path).unwrap();
        let table: toml::Table = toml::from_str(&written).unwrap();
        let keys = table["key"].as_array().unwrap();
        assert_eq!(keys.len(), genesis.keys.len());
        assert_eq!(keys[0]["key"].as_str(), Some(genesis.keys[0].key.expose()));

        assert!(matches!(write_keys(&path, &genesis.keys), Err(Error::Exists { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), written);
    }
}
