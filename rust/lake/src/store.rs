//! Object stores: S3, Google Cloud Storage, Azure, and plain HTTP(S), by the addresses that everybody writes.
//!
//! The protocols, credentials and retries are those of the `object_store` crate. Settings come from the environment, by the names that
//! each provider's own tools use (`AWS_…`, `GOOGLE_…`, `AZURE_…`), and from the caller, who goes first. Everything here waits for its
//! answer: the threads of a scan have nothing else to do, and there are as many of them as requests under way.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, ObjectStoreScheme, RetryConfig};
use tokio::runtime::Runtime;
use url::Url;

/// What a store is opened with: names as of the provider's environment variables, in any case.
pub(crate) type StoreOptions = BTreeMap<String, String>;

/// A request is repeated so often, and for so long all in all: enough for a store that is busy, and no half hour before the user
/// is told of one that does not answer.
const RETRIES: usize = 4;
const PATIENCE: Duration = Duration::from_secs(30);

/// What of the environment is meant for stores. Their settings have short names too, such as `token`, which many an environment has
/// for something else.
const OURS: [&str; 3] = ["AWS_", "GOOGLE_", "AZURE_"];

/// A store, as one address names it.
#[derive(Clone)]
pub(crate) struct Store {
    inner: Arc<dyn ObjectStore>,
    /// The address up to where the names of objects begin.
    base: String,
}

/// An object that was looked up: as it was then.
#[derive(Clone)]
pub(crate) struct Object {
    store: Store,
    meta: ObjectMeta,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({}, {} bytes)", self.address(), self.meta.size)
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.address() == other.address()
    }
}

impl Eq for Object {}

/// Whether a path is an address of a store.
pub(crate) fn is_address(path: &str) -> bool {
    path.split_once("://")
        .is_some_and(|(scheme, _)| !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric()))
}

impl Store {
    /// Opens the store of an address; gives with it the name within, decoded. The error tells what is wrong with the address.
    pub(crate) fn open(address: &str, options: &StoreOptions) -> Result<(Self, String), String> {
        // A glob's question mark would begin a query, and its brackets stand for nothing in a host.
        let url = Url::parse(address).map_err(|error| format!("not an address: {error}"))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(
                "an address with a query or a fragment is not read; sign requests by credentials instead".to_owned()
            );
        }
        if !url.username().is_empty() && matches!(url.scheme(), "http" | "https") {
            return Err("names and passwords in addresses are not used".to_owned());
        }
        let (scheme, path) = ObjectStoreScheme::parse(&url).map_err(|_| {
            format!(
                "{} addresses are not read; s3, gs, az, abfs, http and https ones are, and local paths",
                url.scheme()
            )
        })?;
        let settings = settings(options);
        let settings = settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let given = url.to_string();
        let opened: Result<Arc<dyn ObjectStore>, object_store::Error> = match scheme {
            ObjectStoreScheme::AmazonS3 => settings
                .filter_map(|(key, value)| Some((key.parse().ok()?, value)))
                .fold(object_store::aws::AmazonS3Builder::new().with_url(given), |b, (key, value)| {
                    b.with_config(key, value)
                })
                .with_retry(retries())
                .build()
                .map(|store| Arc::new(store) as _),
            ObjectStoreScheme::GoogleCloudStorage => settings
                .filter_map(|(key, value)| Some((key.parse().ok()?, value)))
                .fold(object_store::gcp::GoogleCloudStorageBuilder::new().with_url(given), |b, (key, value)| {
                    b.with_config(key, value)
                })
                .with_retry(retries())
                .build()
                .map(|store| Arc::new(store) as _),
            ObjectStoreScheme::MicrosoftAzure => settings
                .filter_map(|(key, value)| Some((key.parse().ok()?, value)))
                .fold(object_store::azure::MicrosoftAzureBuilder::new().with_url(given), |b, (key, value)| {
                    b.with_config(key, value)
                })
                .with_retry(retries())
                .build()
                .map(|store| Arc::new(store) as _),
            ObjectStoreScheme::Http => object_store::http::HttpBuilder::new()
                .with_url(url[..url::Position::BeforePath].to_owned())
                .with_config(object_store::ClientConfigKey::AllowHttp, (url.scheme() == "http").to_string())
                .with_retry(retries())
                .build()
                .map(|store| Arc::new(store) as _),
            _ => return Err(format!("{} addresses are not read; give a local path", url.scheme())),
        };
        let inner = opened.map_err(|error| reason(&error))?;
        let whole = percent_encoding::percent_decode_str(url.as_str()).decode_utf8_lossy().into_owned();
        let base = whole.strip_suffix(url_tail(&whole, path.as_ref())).unwrap_or(&whole).to_owned();
        let name = whole[base.len()..].to_owned();
        Ok((Self { inner, base }, name))
    }

    /// Looks an object up; `None` if there is none.
    pub(crate) fn look_up(&self, name: &str) -> Result<Option<Object>, String> {
        let path = Path::parse(name.trim_end_matches('/')).map_err(|error| error.to_string())?;
        match wait(self.inner.head(&path))? {
            Ok(meta) => Ok(Some(Object { store: self.clone(), meta })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(reason(&error)),
        }
    }

    /// All objects below a folder, ordered by name.
    pub(crate) fn list(&self, folder: &str) -> Result<Vec<Object>, String> {
        let path = Path::parse(folder.trim_end_matches('/')).map_err(|error| error.to_string())?;
        let found: Result<Vec<ObjectMeta>, _> = wait(self.inner.list(Some(&path)).try_collect())?;
        let mut found = found.map_err(|error| reason(&error))?;
        found.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(found.into_iter().map(|meta| Object { store: self.clone(), meta }).collect())
    }

    /// Whether names can be listed: a plain web server has none.
    pub(crate) fn lists(&self) -> bool {
        !self.base.starts_with("http")
    }
}

impl Object {
    /// The whole address, as a user would write it.
    pub(crate) fn address(&self) -> String {
        format!("{}{}", self.store.base, self.meta.location)
    }

    /// The name within the store.
    pub(crate) fn name(&self) -> &str {
        self.meta.location.as_ref()
    }

    pub(crate) fn size(&self) -> u64 {
        self.meta.size
    }

    /// The bytes from `start` to before `end`, of the object as it was looked up: another one of its name is refused.
    pub(crate) fn read(&self, start: u64, end: u64) -> io::Result<Bytes> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(start..end)),
            if_match: self.meta.e_tag.clone(),
            ..GetOptions::default()
        };
        let read = wait(async {
            let got = self.store.inner.get_opts(&self.meta.location, options).await?;
            let size = got.meta.size;
            Ok::<_, object_store::Error>((size, got.bytes().await?))
        });
        let (size, bytes) = read.map_err(io::Error::other)?.map_err(|error| io::Error::other(reason(&error)))?;
        if size != self.meta.size {
            return Err(io::Error::other(format!(
                "it changed during the scan, from {} to {size} bytes",
                self.meta.size
            )));
        }
        if bytes.len() as u64 != end - start {
            return Err(io::Error::other(format!(
                "the store gave {} bytes where {} were asked for",
                bytes.len(),
                end - start
            )));
        }
        Ok(bytes)
    }
}

/// The end of an address that is the name within the store.
fn url_tail<'a>(whole: &'a str, name: &str) -> &'a str {
    let bare = whole.trim_end_matches('/');
    let from = bare.strip_suffix(name).map_or(bare.len(), str::len);
    &whole[from..]
}

/// The settings of stores: the environment's, and the caller's over them.
fn settings(options: &StoreOptions) -> StoreOptions {
    let mut settings: StoreOptions = std::env::vars()
        .filter(|(key, _)| OURS.iter().any(|ours| key.starts_with(ours)))
        .map(|(key, value)| (key.to_ascii_lowercase(), value))
        .collect();
    settings.extend(options.iter().map(|(key, value)| (key.to_ascii_lowercase(), value.clone())));
    settings
}

fn retries() -> RetryConfig {
    RetryConfig { max_retries: RETRIES, retry_timeout: PATIENCE, ..RetryConfig::default() }
}

/// Waits for an answer. The inner result is the store's.
fn wait<T>(answer: impl Future<Output = T>) -> Result<T, String> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).thread_name("sigtrawl-store").enable_all().build().ok()
    });
    let runtime = made.as_ref().ok_or("no thread can be started for requests to stores")?;
    Ok(runtime.block_on(answer))
}

/// What a store has to say, with what to look after.
fn reason(error: &object_store::Error) -> String {
    use object_store::Error as E;
    match error {
        E::NotFound { .. } => "it vanished: no such object".to_owned(),
        E::Precondition { .. } => "it changed during the scan: another object has its name now".to_owned(),
        E::PermissionDenied { .. } => {
            format!("access is denied: are the credentials meant for it? ({})", causes(error))
        }
        E::Unauthenticated { .. } => {
            format!("the store does not know the credentials: have they expired? ({})", causes(error))
        }
        _ => causes(error),
    }
}

/// An error with what it came of: the last of them says most.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let options = StoreOptions::from([("aws_region".to_owned(), "eu-west-1".to_owned())]);
        for (address, base, name) in [
            ("s3://bucket/a/b.parquet", "s3://bucket/", "a/b.parquet"),
            ("s3://bucket/a%20b/day=1/", "s3://bucket/", "a b/day=1/"),
            ("s3://bucket", "s3://bucket", ""),
            ("s3://bucket/a/*.parquet", "s3://bucket/", "a/*.parquet"),
            ("http://127.0.0.1:9/x/y.parquet", "http://127.0.0.1:9/", "x/y.parquet"),
            ("gs://bucket/x", "gs://bucket/", "x"),
        ] {
            let (store, within) = Store::open(address, &options).unwrap();
            assert_eq!((store.base.as_str(), within.as_str()), (base, name), "{address}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_store_is_told() {
        for (address, told) in [
            ("ftp://host/x", "ftp addresses are not read"),
            ("https://host/x?sig=1", "a query"),
            ("https://me:secret@host/x", "names and passwords"),
            ("file:///tmp/x", "give a local path"),
            ("s3://", "s3"),
        ] {
            let error = Store::open(address, &StoreOptions::new()).err().unwrap();
            assert!(error.contains(told), "{address}: {error}");
        }
        assert!(is_address("s3://bucket") && !is_address("C:/x") && !is_address("a/b") && !is_address("://x"));
    }
}
