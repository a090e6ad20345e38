//! The operator's directory of people (LDAP, RFC 4511; Active Directory): who signs in with its password gets the role
//! of the first group on the list that they are in.
//!
//! A name is looked up with an account of our own, then the password is tried by signing in as what was found. Every
//! step is bounded in time; a directory that does not answer keeps nobody out who has a password of ours.

use std::time::Duration;

use ldap3::{LdapConnAsync, LdapConnSettings, LdapError, Scope, SearchEntry, ldap_escape};

use super::{Group, groups};
use crate::config::{Reader, Secret};
use crate::model::Message;
use crate::store::Access;

/// The result code of a wrong password.
const INVALID_CREDENTIALS: u32 = 49;
/// What a filter of a person is when none is named.
const FILTER: &str = "(&(objectClass=person)(|(uid={name})(sAMAccountName={name})))";

/// The directory's part of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `ldaps://…`, or `ldap://…` with STARTTLS.
    pub url: String,
    /// Encrypt a connection that began plain.
    pub starttls: bool,
    /// Where people are.
    pub base: String,
    /// How a person is found; `{name}` is the name that was typed.
    pub filter: String,
    /// The account that looks people up.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// What members of groups may do; the first that fits counts.
    pub groups: Vec<Group>,
    /// The longest that one step may take.
    pub timeout: Duration,
}

/// Why the directory said nothing.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It does not answer in time.
    #[error("the directory did not answer within {0:?}; check its address and the network")]
    Timeout(Duration),
    /// It closed the connection.
    #[error("the directory closed the connection")]
    Closed,
    /// Our own account may not come in.
    #[error(
        "the directory refuses the account that looks people up (code {0}); check user and password_file"
    )]
    Account(u32),
    /// Anything else.
    #[error("the directory cannot be asked: {0}")]
    Ldap(#[from] LdapError),
}

/// Who this is, if name and password belong together and a group gives a role.
///
/// # Errors
/// When the directory cannot be asked.
pub async fn check(
    config: &Config,
    name: &str,
    password: &str,
) -> Result<Option<Access>, DirectoryError> {
    // An empty password signs in as nobody in particular (RFC 4513, 5.1.2), whoever is named.
    if name.is_empty() || password.is_empty() {
        return Ok(None);
    }
    let settings =
        LdapConnSettings::new().set_conn_timeout(config.timeout).set_starttls(config.starttls);
    let opened = LdapConnAsync::with_settings(settings, &config.url);
    let opened = tokio::time::timeout(config.timeout, opened).await;
    let (connection, ldap) = opened.map_err(|_| DirectoryError::Timeout(config.timeout))??;
    let work = ask(ldap, config, name, password);
    tokio::select! {
        // The connection is driven only while somebody asks.
        _ = connection.drive() => Err(DirectoryError::Closed),
        found = tokio::time::timeout(config.timeout * 4, work) => {
            found.map_err(|_| DirectoryError::Timeout(config.timeout * 4))?
        }
    }
}

async fn ask(
    mut ldap: ldap3::Ldap,
    config: &Config,
    name: &str,
    password: &str,
) -> Result<Option<Access>, DirectoryError> {
    sign_in_ourselves(&mut ldap, config).await?;
    let filter = config.filter.replace("{name}", &ldap_escape(name));
    let found = ldap
        .with_timeout(config.timeout)
        .search(&config.base, Scope::Subtree, &filter, ["memberOf", "sAMAccountName", "uid"])
        .await?;
    let (entries, _) = found.success()?;
    // Nobody, or more than one: neither is who was meant.
    let [entry] = <[_; 1]>::try_from(entries).map_or([None], |[entry]| [Some(entry)]);
    let Some(entry) = entry.map(SearchEntry::construct) else { return Ok(None) };
    let tried = ldap.with_timeout(config.timeout).simple_bind(&entry.dn, password).await?;
    match tried.rc {
        0 => {}
        INVALID_CREDENTIALS => return Ok(None),
        // Locked, expired, or not allowed to: not in, and the log says why.
        code => {
            tracing::warn!(name, code, text = tried.text, "the directory refuses a sign-in");
            return Ok(None);
        }
    }
    sign_in_ourselves(&mut ldap, config).await?;
    let member_of = entry.attrs.get("memberOf").map(Vec::as_slice).unwrap_or_default();
    for group in &config.groups {
        let is_named = member_of.iter().any(|dn| dn.eq_ignore_ascii_case(&group.name));
        // Directories without the back link are asked the group itself.
        if is_named || is_member(&mut ldap, config, &group.name, &entry.dn).await? {
            let (role, team) = (group.role, group.team.clone());
            // One person has one name here, however it was typed.
            let named =
                ["sAMAccountName", "uid"].iter().find_map(|key| entry.attrs.get(*key)?.first());
            let name = named.map_or_else(|| name.to_lowercase(), Clone::clone);
            return Ok(Some(Access { name, role, team }));
        }
    }
    tracing::warn!(name, "the directory knows this person, and none of the groups gives a role");
    Ok(None)
}

async fn sign_in_ourselves(ldap: &mut ldap3::Ldap, config: &Config) -> Result<(), DirectoryError> {
    let password = config.password.reveal();
    let done = ldap.with_timeout(config.timeout).simple_bind(&config.user, password).await?;
    if done.rc == 0 { Ok(()) } else { Err(DirectoryError::Account(done.rc)) }
}

async fn is_member(
    ldap: &mut ldap3::Ldap,
    config: &Config,
    group: &str,
    person: &str,
) -> Result<bool, DirectoryError> {
    let compared = ldap.with_timeout(config.timeout).compare(group, "member", person).await?;
    // A group that is not there, or has no such attribute, has no members.
    Ok(compared.0.rc == 6)
}

impl Config {
    /// Reads `ldap:`.
    pub fn read(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let url = reader.required_string("url");
        let starttls = reader.word("starttls", &["on", "off"], |word| Some(word == "on"));
        let starttls = starttls.unwrap_or(false);
        if let (Some(url), Some(node)) = (&url, reader.node("url")) {
            let parsed = reqwest::Url::parse(url).ok();
            let scheme = parsed.as_ref().map(|url| url.scheme().to_owned()).unwrap_or_default();
            let host = parsed.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
            let is_here = crate::http::is_here(host);
            match scheme.as_str() {
                "ldaps" => {}
                "ldap" if starttls || is_here => {}
                "ldap" => {
                    reader.errors.error(&node.place, Message::new("check-ldap-clear"));
                }
                _ => {
                    let expected = Message::new("check-expected-ldap");
                    reader.wrong(node, expected, "ldaps://dc1.example");
                }
            }
        }
        let base = reader.required_string("base");
        let filter = reader.string("filter").unwrap_or_else(|| FILTER.to_owned());
        if !filter.contains("{name}")
            && let Some(node) = reader.node("filter")
        {
            reader.errors.error(&node.place, Message::new("check-ldap-filter"));
        }
        let user = reader.required_string("user");
        let password = reader.secret("password", "password_file", "password_env");
        let timeout = reader.duration("timeout").unwrap_or(Duration::from_secs(5));
        let groups = match reader.node("groups") {
            Some(node) => groups(node, reader, "dn"),
            None => Vec::new(),
        };
        Some(Self {
            url: url?,
            starttls,
            base: base?,
            filter,
            user: user?,
            password: password?,
            groups,
            timeout,
        })
    }
}
