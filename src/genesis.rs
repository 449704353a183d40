//! The first command of a journal: opening the venue, with fresh keys for its staff.
//!
//! Only the hashes of the keys enter the journal. The keys themselves are written once, to a file
//! that only its owner may read, before the venue opens.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sfund_engine::registry::party::Role;
use sfund_engine::time::Time;
use sfund_engine::venue::open_venue::{OpenVenue, Staff};
use thiserror::Error;

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
#[derive(Debug, Error)]
pub enum Error {
    /// The machine gave no random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The file of keys cannot be written.
    #[error(
        "{path}: the first keys cannot be written; if it exists, it belongs to another venue: \
         move it away, or set store.keys_path"
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
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

/// Writes `keys` to the file `path`, which must not exist. Only its owner may read it. Durable on
/// return.
///
/// # Errors
///
/// [`Error::Unwritable`], also if the file exists: it holds the keys of another venue.
pub fn write_keys(path: &Path, keys: &[StaffKey]) -> Result<(), Error> {
    let unwritable = |source| Error::Unwritable { path: path.to_owned(), source };
    let mut text = String::from(
        "# The first keys of the venue's staff: hand each to its owner, then delete this file.\n\
         # The venue keeps only their hashes; a key that is lost is revoked and issued anew.\n",
    );
    for StaffKey { code, role, key } in keys {
        let code = toml::Value::String(code.clone());
        text.push_str(&format!(
            "\n[[key]]\nparty = {code}\nrole = \"{role}\"\nkey = \"{}\"\n",
            key.expose()
        ));
    }
    let mut file = create_private(path).map_err(unwritable)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(unwritable)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))
        .and_then(|folder| folder.sync_all())
        .map_err(unwritable)
}

fn create_private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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

    #[cfg(unix)]
    #[test]
    fn the_file_of_keys_is_its_owners_alone_and_is_never_overwritten() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store-keys.toml");
        let genesis = genesis();
        write_keys(&path, &genesis.keys).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let written = fs::read_to_string(&path).unwrap();
        let table: toml::Table = toml::from_str(&written).unwrap();
        let keys = table["key"].as_array().unwrap();
        assert_eq!(keys.len(), genesis.keys.len());
        assert_eq!(keys[0]["key"].as_str(), Some(genesis.keys[0].key.expose()));

        assert!(matches!(write_keys(&path, &genesis.keys), Err(Error::Unwritable { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), written);
    }
}
