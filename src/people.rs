//! Who comes in from the operator's own systems: people of a directory (LDAP, Active Directory), people of a provider of
//! identity (`OpenID` Connect), and proxies that speak for the visitors behind them.

pub mod ldap;
pub mod oidc;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::config::{Diagnostics, Node, Reader, Value};
use crate::model::Message;
use crate::store::{Access, Role};
use ldap::DirectoryError;
use oidc::Provider;

/// The section `access` of a site.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The directory whose passwords are good here.
    pub ldap: Option<ldap::Config>,
    /// The provider that signs people in.
    pub oidc: Option<oidc::Config>,
    /// Proxies whose word about a visitor's address is taken.
    pub proxies: Vec<IpNet>,
}

/// What the members of a group may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its distinguished name in a directory, its name at a provider.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The team, of line 2 and 3.
    pub team: String,
}

/// The ways in that are used now; a reload changes them.
#[derive(Clone, Debug, Default)]
pub struct Doors(Arc<RwLock<Arc<Open>>>);

#[derive(Debug, Default)]
struct Open {
    settings: Settings,
    provider: Option<Arc<Provider>>,
}

impl Doors {
    /// Takes over other settings.
    ///
    /// # Errors
    /// When no client can be made that would ask the provider.
    pub fn set(&self, settings: Settings) -> Result<(), reqwest::Error> {
        let mut open = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if open.settings == settings {
            return Ok(());
        }
        let provider = settings.oidc.clone().map(Provider::new).transpose()?.map(Arc::new);
        *open = Arc::new(Open { settings, provider });
        Ok(())
    }

    fn open(&self) -> Arc<Open> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Who this is by the directory, if name and password belong together and a group gives a role; `None` also without
    /// a directory.
    ///
    /// # Errors
    /// When the directory cannot be asked.
    pub async fn check(
        &self,
        name: &str,
        password: &str,
    ) -> Result<Option<Access>, DirectoryError> {
        let open = self.open();
        let Some(config) = &open.settings.ldap else { return Ok(None) };
        ldap::check(config, name, password).await
    }

    /// The provider that signs people in, if there is one.
    #[must_use]
    pub fn provider(&self) -> Option<Arc<Provider>> {
        self.open().provider.clone()
    }

    /// The visitor at the other end: the last address of `X-Forwarded-For` that is no proxy of ours, as long as the word
    /// comes from our proxies alone; else who is connected.
    #[must_use]
    pub fn visitor(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let open = self.open();
        let is_proxy = |address: IpAddr| {
            open.settings.proxies.iter().any(|net| net.contains(&address.to_canonical()))
        };
        if !is_proxy(peer.ip()) {
            return peer;
        }
        let forwarded = headers.get_all(HeaderName::from_static("x-forwarded-for"));
        let named: Vec<&str> = forwarded
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        let mut visitor = peer;
        for name in named.into_iter().rev() {
            let Ok(address) = name.trim().parse::<IpAddr>() else { break };
            visitor = SocketAddr::new(address, 0);
            if !is_proxy(address) {
                break;
            }
        }
        visitor
    }
}

impl Settings {
    /// Reads the section `access`: `ldap`, `oidc`, `proxies`.
    pub fn read(node: &Node, errors: &mut Diagnostics) -> Self {
        let mut reader = Reader::new(node, errors);
        let ldap = reader.node("ldap").and_then(|node| {
            let mut inner = Reader::new(node, reader.errors);
            let config = ldap::Config::read(&mut inner);
            inner.finish();
            config
        });
        let oidc = reader.node("oidc").and_then(|node| {
            let mut inner = Reader::new(node, reader.errors);
            let config = oidc::Config::read(&mut inner);
            inner.finish();
            config
        });
        let proxies = proxies(&mut reader);
        reader.finish();
        Self { ldap, oidc, proxies }
    }
}

fn proxies(reader: &mut Reader<'_, '_>) -> Vec<IpNet> {
    let Some(list) = reader.node("proxies") else { return Vec::new() };
    let Value::List(items) = &list.value else {
        let expected = Message::new("check-expected-proxies");
        reader.wrong(list, expected, "[127.0.0.1, 10.0.0.0/8]");
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        let text = reader.text_of(item).unwrap_or_default();
        let net = text.parse::<IpNet>().ok();
        match net.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)) {
            Some(net) => found.push(net),
            None => reader.wrong(item, Message::new("check-expected-network"), "10.0.0.0/8"),
        }
    }
    found
}

/// Reads what groups may do; `key` is what a group's name is called.
fn groups(list: &Node, reader: &mut Reader<'_, '_>, key: &'static str) -> Vec<Group> {
    let Value::List(items) = &list.value else {
        let example = format!("[{{{key}: crm-duty, role: duty}}]");
        reader.wrong(list, Message::new("check-expected-groups"), &example);
        return Vec::new();
    };
    let mut groups = Vec::new();
    for item in items {
        let mut inner = Reader::new(item, reader.errors);
        let name = inner.required_string(key);
        let words = Role::ALL.map(Role::as_str);
        let role = inner.word("role", &words, Role::parse);
        let team = inner.string("team").unwrap_or_default();
        if role.is_none() {
            let message = Message::new("check-group-role").word("known", words.join(", "));
            inner.errors.error(&item.place, message);
        }
        if role == Some(Role::Line2) && team.is_empty() {
            inner.errors.error(&item.place, Message::new("check-group-team"));
        }
        inner.finish();
        if let (Some(name), Some(role)) = (name, role) {
            groups.push(Group { name, role, team });
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_our_own_proxies_are_believed() {
        let doors = Doors::default();
        let proxies = vec!["10.0.0.0/8".parse().unwrap(), "127.0.0.1/32".parse().unwrap()];
        doors.set(Settings { proxies, ..Settings::default() }).unwrap();
        let seen = |peer: &str, forwarded: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", HeaderValue::from_static(value));
            }
            doors.visitor(SocketAddr::new(peer.parse().unwrap(), 1), &headers).ip().to_string()
        };
        assert_eq!(seen("127.0.0.1", &["192.0.2.7"]), "192.0.2.7");
        // What a visitor says of itself stands before what our proxies say.
        assert_eq!(seen("127.0.0.1", &["203.0.113.1, 192.0.2.7, 10.1.1.1"]), "192.0.2.7");
        assert_eq!(seen("127.0.0.1", &["203.0.113.1", "192.0.2.7"]), "192.0.2.7");
        assert_eq!(seen("192.0.2.9", &["192.0.2.7"]), "192.0.2.9");
        assert_eq!(seen("::ffff:127.0.0.1", &["192.0.2.7"]), "192.0.2.7");
        assert_eq!(seen("10.2.2.2", &["nonsense"]), "10.2.2.2");
        assert_eq!(seen("10.2.2.2", &[]), "10.2.2.2");
    }
}
