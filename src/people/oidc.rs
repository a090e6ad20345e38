//! People whom a provider of identity signs in (`OpenID` Connect Core 1.0, authorization code flow with PKCE, RFC 7636):
//! Keycloak, Active Directory Federation Services and the like.
//!
//! What a sign-in needs to be finished is kept by the browser that began it, in a cookie: nobody can fill a memory with
//! sign-ins that never end, and a restart in between harms nobody.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType,
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::{Group, groups};
use crate::clock::Stopwatch;
use crate::config::{Reader, Secret};
use crate::http;
use crate::model::Message;
use crate::store::Access;

/// The largest answer of a provider, bytes.
const LARGEST: u64 = 1024 * 1024;
/// What a provider says of itself is asked again after so long, seconds.
const FRESH: f64 = 10.0;
/// The path that a provider sends people back to.
pub const BACK: &str = "/sign-in/provider/back";

/// The provider's part of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What people call it, on the button.
    pub title: String,
    /// Its address; `/.well-known/openid-configuration` lies below it.
    pub issuer: String,
    /// Our name there.
    pub client: String,
    /// Our secret there.
    pub secret: Secret,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim with the name that histories show.
    pub name_claim: String,
    /// The claim with the groups, a list of words.
    pub groups_claim: String,
    /// What members of groups may do; the first that fits counts.
    pub groups: Vec<Group>,
    /// The longest that one question may take.
    pub timeout: Duration,
}

/// Why a provider's sign-in came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// It cannot be asked, or says what makes no sense.
    #[error("the provider {issuer} cannot be asked: {why}; check `issuer` and the network")]
    Unreachable {
        /// Who.
        issuer: String,
        /// What went wrong.
        why: String,
    },
    /// What came back does not belong to what was begun, or is not signed by whom it should.
    #[error("what the provider sent does not hold: {0}")]
    Untrue(String),
    /// It knows the person, and none of the groups gives a role.
    #[error("the provider knows {0}, and none of the groups gives a role")]
    NoRole(String),
}

/// The claims of an ID token that the standard does not name: groups are among them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Extra {
    #[serde(flatten)]
    all: serde_json::Map<String, serde_json::Value>,
}

impl AdditionalClaims for Extra {}

type Fields = IdTokenFields<
    Extra,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type Us = Client<
    Extra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What the browser keeps between the beginning and the end of a sign-in.
#[derive(Debug, Serialize, Deserialize)]
struct Begun {
    state: String,
    nonce: String,
    verifier: String,
    next: String,
}

/// Where to send a browser, and what it keeps.
#[derive(Debug)]
pub struct Start {
    /// The provider's page.
    pub address: String,
    /// The value of the cookie.
    pub kept: String,
}

/// Asks a provider.
#[derive(Debug)]
pub struct Provider {
    config: Config,
    http: reqwest::Client,
    known: Mutex<Option<(Stopwatch, CoreProviderMetadata)>>,
}

impl Provider {
    /// One that is asked when somebody comes.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(config: Config) -> Result<Self, reqwest::Error> {
        let http = http::client(config.timeout, config.timeout)?;
        Ok(Self { config, http, known: Mutex::default() })
    }

    /// What people call it.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.config.title
    }

    /// Begins a sign-in of somebody who will come back to our page at `page_url`, then to `next`.
    ///
    /// # Errors
    /// When the provider cannot be asked.
    pub async fn start(&self, page_url: &str, next: &str) -> Result<Start, OidcError> {
        let client = self.client(page_url).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let mut request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        for scope in &self.config.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (address, state, nonce) = request.set_pkce_challenge(challenge).url();
        let begun = Begun {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            next: next.to_owned(),
        };
        let kept = serde_json::to_vec(&begun).unwrap_or_default();
        Ok(Start { address: address.into(), kept: URL_SAFE_NO_PAD.encode(kept) })
    }

    /// Ends a sign-in: who it is, and where they wanted to go. `kept` is what the browser was given, `state` and `code`
    /// what it came back with.
    ///
    /// # Errors
    /// When the two do not belong together, the provider cannot be asked, or no group gives a role.
    pub async fn finish(
        &self,
        page_url: &str,
        kept: &str,
        state: &str,
        code: &str,
    ) -> Result<(Access, String), OidcError> {
        let untrue = |why: &str| OidcError::Untrue(why.to_owned());
        let kept = URL_SAFE_NO_PAD.decode(kept).ok();
        let begun: Option<Begun> = kept.and_then(|kept| serde_json::from_slice(&kept).ok());
        let begun = begun.ok_or_else(|| untrue("this browser has not begun a sign-in"))?;
        if begun.state != state || state.is_empty() {
            return Err(untrue("the answer belongs to another sign-in"));
        }
        let client = self.client(page_url).await?;
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| OidcError::Untrue(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier))
            .request_async(&|request| ask(self.http.clone(), request))
            .await
            .map_err(|error| OidcError::Untrue(told(&error)))?;
        let token = answer.id_token().ok_or_else(|| untrue("there is no ID token"))?;
        let nonce = Nonce::new(begun.nonce);
        let claims = match token.claims(&client.id_token_verifier(), &nonce) {
            Ok(claims) => claims,
            Err(error) => {
                // Its keys may have changed a moment ago: the next one who comes is judged by the new ones.
                *self.known.lock().await = None;
                return Err(OidcError::Untrue(told(&error)));
            }
        };
        let all = serde_json::to_value(claims).unwrap_or_default();
        self.access(&all).map(|access| (access, begun.next))
    }

    /// Who somebody is by the claims of their ID token.
    fn access(&self, claims: &serde_json::Value) -> Result<Access, OidcError> {
        let name = claims.get(&self.config.name_claim).and_then(|name| name.as_str());
        let name = name.filter(|name| !name.trim().is_empty()).ok_or_else(|| {
            let claim = &self.config.name_claim;
            OidcError::Untrue(format!("there is no claim `{claim}`; see `name_claim`"))
        })?;
        let theirs = claims.get(&self.config.groups_claim).and_then(|groups| groups.as_array());
        let is_in = |group: &&Group| {
            theirs.is_some_and(|theirs| {
                // Keycloak may name groups by their path.
                let names = theirs.iter().filter_map(|name| name.as_str());
                names
                    .into_iter()
                    .any(|name| name == group.name || name.strip_prefix('/') == Some(&group.name))
            })
        };
        let group = self.config.groups.iter().find(is_in);
        let group = group.ok_or_else(|| OidcError::NoRole(name.to_owned()))?;
        Ok(Access { name: name.to_owned(), role: group.role, team: group.team.clone() })
    }

    async fn client(&self, page_url: &str) -> Result<Us, OidcError> {
        let unreachable = |why: String| {
            let issuer = self.config.issuer.clone();
            OidcError::Unreachable { issuer, why }
        };
        let metadata = self.metadata().await.map_err(unreachable)?;
        let back = RedirectUrl::new(format!("{page_url}{BACK}"));
        let back = back.map_err(|error| OidcError::Untrue(error.to_string()))?;
        let secret = ClientSecret::new(self.config.secret.reveal().to_owned());
        let client = ClientId::new(self.config.client.clone());
        Ok(Client::from_provider_metadata(metadata, client, Some(secret)).set_redirect_uri(back))
    }

    /// What the provider says of itself, with its keys; one question at a time, and not each time.
    async fn metadata(&self) -> Result<CoreProviderMetadata, String> {
        let mut known = self.known.lock().await;
        if let Some((since, metadata)) = &*known
            && since.seconds() < FRESH
        {
            return Ok(metadata.clone());
        }
        let issuer =
            IssuerUrl::new(self.config.issuer.clone()).map_err(|error| error.to_string())?;
        let asked = |request| ask(self.http.clone(), request);
        let found = CoreProviderMetadata::discover_async(issuer, &asked).await;
        let metadata = found.map_err(|error| told(&error))?;
        *known = Some((Stopwatch::start(), metadata.clone()));
        Ok(metadata)
    }
}

/// An error with what caused it.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        text = format!("{text}: {error}");
        inner = error.source();
    }
    text
}

/// Why a provider's answer could not be had.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("{}", http::cause(.0))]
    Asked(#[from] reqwest::Error),
    #[error(transparent)]
    Read(#[from] http::ReadError),
}

async fn ask(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, AskError> {
    let answer = client.execute(request.try_into()?).await?;
    let mut response = HttpResponse::default();
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = http::read_capped(answer, LARGEST).await?;
    Ok(response)
}

impl Config {
    /// Reads `oidc:`.
    pub fn read(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let title = reader.string("title").unwrap_or_default();
        let issuer = reader.required_string("issuer");
        if let (Some(issuer), Some(node)) = (&issuer, reader.node("issuer")) {
            let parsed = reqwest::Url::parse(issuer).ok();
            let scheme = parsed.as_ref().map(|url| url.scheme().to_owned()).unwrap_or_default();
            let host = parsed.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
            match scheme.as_str() {
                "https" => {}
                "http" if http::is_here(host) => {}
                "http" => {
                    reader.errors.error(&node.place, Message::new("check-oidc-clear"));
                }
                _ => {
                    let expected = Message::new("check-expected-https");
                    reader.wrong(node, expected, "https://sso.example/realms/crm");
                }
            }
        }
        let client = reader.required_string("client");
        let secret = reader.secret("secret", "secret_file", "secret_env");
        if secret.is_none() && reader.node("secret_file").or(reader.node("secret_env")).is_none() {
            let place = reader.place().clone();
            reader.errors.error(&place, Message::new("check-oidc-secret"));
        }
        let mut scopes = reader.strings("scopes");
        if scopes.is_empty() {
            scopes.push("profile".to_owned());
        }
        let named = |reader: &mut Reader<'_, '_>, key, usual: &str| {
            reader.string(key).unwrap_or_else(|| usual.to_owned())
        };
        let name_claim = named(reader, "name_claim", "preferred_username");
        let groups_claim = named(reader, "groups_claim", "groups");
        let timeout = reader.duration("timeout").unwrap_or(Duration::from_secs(5));
        let groups = match reader.node("groups") {
            Some(node) => groups(node, reader, "name"),
            None => Vec::new(),
        };
        Some(Self {
            title,
            issuer: issuer?,
            client: client?,
            secret: secret?,
            scopes,
            name_claim,
            groups_claim,
            groups,
            timeout,
        })
    }
}
