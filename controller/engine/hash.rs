//! The applied hash: what tells a changed declaration from a changed answer of the cloud.

/// Offset basis and prime of 128-bit FNV-1a. Not cryptographic: it only tells one declaration of a key from another.
const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// `v{version}:{hash}` of a declaration's fixed fields, as [`crate::Comparison::declared`] yields them. Persisted, so it never
/// changes between releases.
#[must_use]
pub fn applied(version: u32, declared: &str) -> String {
    let hash = declared.bytes().fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    format!("v{version}:{hash:032x}")
}

/// Whether both were made by the same version of a kind's table, so that their hashes can be compared.
pub(crate) fn same_version(one: &str, other: &str) -> bool {
    let version = |applied: &str| applied.split_once(':').map(|(version, _)| version.to_owned());
    version(one).is_some() && version(one) == version(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_published_vectors() {
        assert_eq!(applied(1, ""), "v1:6c62272e07bb014262b821756295c58d");
        assert_eq!(applied(1, "a"), "v1:d228cb696f1a8caf78912b704e4a8964");
        assert_eq!(applied(7, "foobar"), "v7:343e1662793c64bf6f0d3597ba446f18");
    }

    #[test]
    fn only_one_version_compares() {
        assert!(same_version("v1:a", "v1:b"));
        assert!(!same_version("v1:a", "v2:a"));
        assert!(!same_version("garbage", "garbage"));
    }
}
