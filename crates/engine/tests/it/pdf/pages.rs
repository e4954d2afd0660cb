//! The page tree: what pages inherit, and finding one of them.

use chancery_engine::seal::pdf::Rectangle;
use chancery_engine::seal::pdf::object::Object;

use super::made::Made;
use super::support::open;

/// Five pages on three levels; `counts` are those of the root, of the first and of the second node.
fn tree(counts: [&str; 3]) -> Vec<u8> {
    let [all, first, second] = counts;
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!(
            "<</Type/Pages/Kids[3 0 R 4 0 R 5 0 R]{all}/MediaBox[0 0 100 200]/Rotate 90/Resources 11 0 R>>"
        ),
        format!("<</Type/Pages/Kids[6 0 R 7 0 R]{first}/Parent 2 0 R/Rotate 450>>"),
        "<</Type/Page/Parent 2 0 R/CropBox[50 250 10 20]>>".to_owned(),
        format!("<</Type/Pages/Kids[8 0 R 9 0 R]{second}/Parent 2 0 R/MediaBox 10 0 R>>"),
        "<</Type/Page/Parent 3 0 R/Rotate -90>>".to_owned(),
        "<</Type/Page/Parent 3 0 R>>".to_owned(),
        "<</Type/Page/Parent 5 0 R>>".to_owned(),
        "<</Type/Page/Parent 5 0 R/Resources<</Own 1>>>>".to_owned(),
        "[-10 -20.5 300 400]".to_owned(),
        "<</Shared 1>>".to_owned(),
    ];
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    Made::new("1.4").objects(1, &objects).table("")
}

#[test]
fn pages_are_found_by_number_from_both_ends() {
    let right = ["/Count 5", "/Count 2", "/Count 2"];
    let wrong = ["/Count 9", "/Count 1", ""];
    let missing = ["", "", ""];
    for counts in [right, wrong, missing] {
        let bytes = tree(counts);
        let file = open(&bytes).unwrap();
        assert_eq!(file.page_count(), Ok(5));
        let expected = [6, 7, 4, 8, 9];
        let all: Vec<u32> =
            file.pages().unwrap().map(|page| page.unwrap().reference.number).collect();
        assert_eq!(all, expected);
        if counts == wrong {
            continue;
        }
        for (number, reference) in (1..).zip(expected) {
            assert_eq!(file.page(number).unwrap().reference.number, reference);
            assert_eq!(file.page(number - 6).unwrap().reference.number, reference);
        }
        for number in [0, 6, -6, i32::MIN, i32::MAX] {
            let refusal = file.page(number).unwrap_err();
            assert_eq!(refusal.to_string(), format!("page {number} does not exist; the PDF has 5"));
        }
    }
}

#[test]
fn pages_inherit_what_they_do_not_say() {
    let bytes = tree(["/Count 5", "/Count 2", "/Count 2"]);
    let file = open(&bytes).unwrap();
    let page = |number| file.page(number).unwrap();
    let usual = Rectangle { left: 0.0, bottom: 0.0, right: 100.0, top: 200.0 };
    assert_eq!([1, 2, 3, 4].map(|number| page(number).rotate), [270, 90, 90, 90]);
    assert_eq!((page(1).media_box, page(1).crop_box), (usual, usual));
    let cropped = Rectangle { left: 10.0, bottom: 20.0, right: 50.0, top: 200.0 };
    assert_eq!(page(3).crop_box, cropped);
    let other = Rectangle { left: -10.0, bottom: -20.5, right: 300.0, top: 400.0 };
    assert_eq!(page(4).media_box, other);
    assert!(matches!(*page(4).resources, Object::Reference(it) if it.number == 11));
    assert!(matches!(*page(5).resources, Object::Dictionary(_)));
}
