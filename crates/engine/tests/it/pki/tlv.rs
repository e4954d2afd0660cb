//! Tags and lengths as DER and BER have them.

use chancery_engine::pki::tlv::{Element, check_der, definite, full_length, read, tlv};

#[test]
fn what_is_not_der_is_told() {
    let checked = |octets: &[u8]| {
        let element = read(octets, 0, octets.len())?;
        check_der(octets, &element)
    };
    assert_eq!(checked(&[0x30, 6, 0xA0, 2, 5, 0, 4, 0]), Ok(()));
    for (wrong, octets) in [
        ("lengths", &[0x30, 0x80, 5, 0, 0, 0][..]),
        ("lengths", &[0x30, 3, 4, 0x81, 0]),
        ("pieces", &[0xA0, 6, 0x24, 4, 4, 2, 7, 7]),
        ("cut off", &[0x30, 2, 4, 1]),
    ] {
        let said = checked(octets).err().unwrap_or_default();
        assert!(said.contains(wrong), "{octets:?}: {said}");
    }
    let mut deep = vec![5, 0];
    for _ in 0..40 {
        deep = tlv(0x30, &[&deep]);
    }
    assert_eq!(checked(&deep), Err("it is nested too deep"));
}

#[test]
fn lengths_are_the_shortest() {
    for (length, header) in [
        (0, vec![4, 0]),
        (127, vec![4, 127]),
        (128, vec![4, 0x81, 128]),
        (255, vec![4, 0x81, 255]),
        (256, vec![4, 0x82, 1, 0]),
        (65_536, vec![4, 0x83, 1, 0, 0]),
    ] {
        let octets = tlv(4, &[&vec![7; length]]);
        assert!(octets.starts_with(&header) && octets.len() == header.len() + length);
        assert_eq!(octets.len(), full_length(length));
        let element = read(&octets, 0, octets.len());
        let (whole, content) = (0..octets.len(), header.len()..octets.len());
        assert_eq!(element, Ok(Element { tag: 4, whole, content, indefinite: false }));
    }
}

#[test]
fn indefinite_lengths_become_definite() {
    let octets = [0x30, 0x80, 0x31, 0x80, 4, 0x81, 1, 9, 0, 0, 5, 0, 0, 0];
    let element = read(&octets, 0, octets.len()).unwrap_or_else(|_| unreachable!());
    assert_eq!(element.whole, 0..octets.len());
    assert_eq!(definite(&octets, &element), Ok(vec![0x30, 7, 0x31, 3, 4, 1, 9, 5, 0]));
    for end in 0..octets.len() {
        assert!(read(&octets, 0, end).is_err(), "{end}");
    }
    let deep = [0x30, 0x80].repeat(100);
    assert!(read(&deep, 0, deep.len()).is_err());
}
