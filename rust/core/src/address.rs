//! Addresses and networks for `cidr`.
//!
//! A network is strict (no host bits) and a value must be an address, whole: no ports, no zone ids, no leading zeros.
//! Version 4 and version 6 never meet, not even through mapped addresses.

use std::net::IpAddr;

use ipnet::IpNet;

/// Reads a strict network; `None` if it is none or has host bits.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    let net: IpNet = text.parse().ok()?;
    (net.trunc() == net).then_some(net)
}

/// Whether `value` is an address inside `net`.
pub(crate) fn inside(net: &IpNet, value: &str) -> bool {
    value.parse::<IpAddr>().is_ok_and(|address| net.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_networks_and_whole_addresses() {
        let net = network("10.0.0.0/8").expect("strict");
        for (value, expected) in [
            ("10.1.2.3", true),
            ("11.1.2.3", false),
            ("10.1", false),
            ("10.1.2.3:80", false),
            ("010.1.2.3", false),
            ("::ffff:10.1.2.3", false),
        ] {
            assert_eq!(inside(&net, value), expected, "{value}");
        }
        assert!(inside(&network("fe80::/10").expect("strict"), "FE80::1"));
        assert!(!inside(&network("fe80::/10").expect("strict"), "fe80::1%eth0"));
        assert!(network("10.1.0.0/8").is_none());
        assert!(network("10.0.0.0").is_none());
    }
}
