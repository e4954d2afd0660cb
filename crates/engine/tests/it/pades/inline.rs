//! Contents of pages without their inline images.

use chancery_engine::seal::pades::inline::without_images;

fn left(contents: &str) -> String {
    let left = without_images(contents.as_bytes().to_vec());
    String::from_utf8(left).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn images_go_and_all_else_stays() {
    assert_eq!(left("q BI /W 1 ID x\u{1}y EI Q (a) Tj"), "q Q (a) Tj");
    assert_eq!(left("BI ID EI\u{2}EI a EI Q"), "Q");
    assert_eq!(left("BI ID xEI Q BI ID yEI (BIx) Tj"), "Q (B\\Ix) Tj");
    assert_eq!(left("BI /A (ID) ID x EI /BI gs"), "/BI gs");
    // in a text, in a name, in a comment
    assert_eq!(left(r"(\BI (BI) \\BI #1 \#) Tj"), r"(\BI (B\I) \\B\I \#1 \#) Tj");
    assert_eq!(left("<< /BI (x) >> %BI ID\n<4B> Tj 1BI"), "<< /BI (x) >> <4B> Tj");
    assert_eq!(left("B#49 ID x B#x"), "ID x");
    // what has no end shows nothing
    assert_eq!(left("a BI /W 1 ID x y"), "a");
    assert_eq!(left("a BI BI BI"), "a");
    assert_eq!(left("a BI ID x EI (b"), "a");
}

#[test]
fn no_beginning_is_left_over() {
    let pieces = ["BI", " ID ", "EI ", "(", ")", "\\", "#49", "B", "I", "<", ">", "/", "%", "\n"];
    let mut random = 7_u32;
    for _ in 0..20_000 {
        let mut contents = String::new();
        for _ in 0..12 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            contents += pieces[(random >> 16) as usize % pieces.len()];
        }
        let left = left(&contents);
        let words = left.split(|it: char| " ()<>[]{}%".contains(it));
        for word in words.filter(|word| !word.contains('/')) {
            assert!(!word.contains("BI") || word.contains("\\BI"), "{contents}: {left}");
            assert!(!word.contains('#') || word.contains("\\#"), "{contents}: {left}");
        }
    }
}
