//! Public keys as tokens tell them.

use chancery::keys::pkcs11::objects::ec_public_key;
use chancery::pki::algorithm::EcCurve;

#[test]
fn a_bare_point_that_looks_wrapped_is_still_a_point() {
    let mut bare = vec![7; 65];
    bare[..2].copy_from_slice(&[0x04, 0x3f]);
    let wrapped = [&[0x04, 65], bare.as_slice()].concat();
    for point in [bare.clone(), wrapped] {
        assert_eq!(ec_public_key(EcCurve::P256, &point).unwrap().bits(), bare);
    }
}
