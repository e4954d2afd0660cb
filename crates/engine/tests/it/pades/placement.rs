//! From what a reader of a page sees to rectangles in default user space.

#![expect(clippy::float_cmp, reason = "sums of whole numbers are exact")]

use chancery_engine::domain::refusal::PdfRefusal;
use chancery_engine::domain::visible::CoordinateOrigin::{self, BottomLeft, TopLeft};
use chancery_engine::seal::pades::placement::{PageView, Rotation};

const A4: [f64; 4] = [0.0, 0.0, 595.0, 842.0];

fn placed(view: &PageView, x: f64, y: f64) -> [f64; 4] {
    placed_from(BottomLeft, view, x, y)
}

fn placed_from(origin: CoordinateOrigin, view: &PageView, x: f64, y: f64) -> [f64; 4] {
    view.place(1, origin, (x, y), (100.0, 50.0)).unwrap().rectangle
}

#[test]
fn an_area_hangs_from_its_upper_left_corner() {
    // What Sign'Stash makes of page=1,x=100,y=500 and width=300,height=200 on such a page.
    let vendor = PageView::new([0.0, 0.0, 595.27563, 841.88977], None, Rotation::None, 1.0);
    let rectangle = vendor.place(1, TopLeft, (100.0, 500.0), (300.0, 200.0)).unwrap().rectangle;
    let expected = [100.0, 141.88977, 400.0, 341.88977];
    let off = rectangle.iter().zip(expected).map(|(is, should)| (is - should).abs());
    assert!(off.fold(0.0, f64::max) < 1e-9, "{rectangle:?}");

    let rotated = |degrees| PageView::new(A4, None, Rotation::from_degrees(degrees), 1.0);
    assert_eq!(placed_from(TopLeft, &rotated(0), 10.0, 20.0), [10.0, 772.0, 110.0, 822.0]);
    // Turned clockwise: the upper left corner that is seen is the lower left one of the page.
    assert_eq!(placed_from(TopLeft, &rotated(90), 10.0, 20.0), [20.0, 10.0, 70.0, 110.0]);
    assert_eq!(placed_from(TopLeft, &rotated(180), 10.0, 20.0), [485.0, 20.0, 585.0, 70.0]);
    assert_eq!(placed_from(TopLeft, &rotated(270), 10.0, 20.0), [525.0, 732.0, 575.0, 832.0]);
    let crop = Some([500.0, 800.0, -100.0, -50.0]);
    let cropped = PageView::new([-50.0, -50.0, 545.0, 792.0], crop, Rotation::None, 1.0);
    assert_eq!(placed_from(TopLeft, &cropped, 0.0, 0.0), [-50.0, 742.0, 50.0, 792.0]);
    let unit = PageView::new([0.0, 0.0, 100.0, 100.0], None, Rotation::None, 10.0);
    let unit = unit.place(1, TopLeft, (100.0, 200.0), (155.0, 50.0)).unwrap();
    assert_eq!(unit.rectangle, [10.0, 75.0, 25.5, 80.0]);
    // Outside at the foot, where the other origin would be inside.
    let refusal = rotated(0).place(1, TopLeft, (0.0, 800.0), (100.0, 50.0)).unwrap_err();
    assert!(matches!(refusal, PdfRefusal::AreaOutside { page: 1, .. }));
}

#[test]
fn an_area_hangs_from_its_word() {
    let word = [100.0, 200.0, 160.0, 210.0];
    for (degrees, expected) in [
        (0, [100.0, 180.0, 150.0, 200.0]),
        (90, [160.0, 200.0, 180.0, 250.0]),
        (180, [110.0, 210.0, 160.0, 230.0]),
        (270, [80.0, 160.0, 100.0, 210.0]),
    ] {
        let view = PageView::new(A4, None, Rotation::from_degrees(degrees), 1.0);
        let placement = view.place_at(1, TopLeft, word, (50.0, 20.0)).unwrap();
        assert_eq!(placement.rectangle, expected, "{degrees}");
    }
}

#[test]
fn an_area_lies_where_a_reader_sees_it() {
    let rotated = |degrees| PageView::new(A4, None, Rotation::from_degrees(degrees), 1.0);
    assert_eq!(placed(&rotated(0), 10.0, 20.0), [10.0, 20.0, 110.0, 70.0]);
    // Turned clockwise: the lower left corner that is seen is the lower right one of the page.
    assert_eq!(placed(&rotated(90), 10.0, 20.0), [525.0, 10.0, 575.0, 110.0]);
    assert_eq!(placed(&rotated(180), 10.0, 20.0), [485.0, 772.0, 585.0, 822.0]);
    assert_eq!(placed(&rotated(-90), 10.0, 20.0), [20.0, 732.0, 70.0, 832.0]);
    assert_eq!(rotated(90).size(), (842.0, 595.0));
    assert_eq!(rotated(450), rotated(90));
}

#[test]
fn boxes_may_name_any_corners_and_lie_anywhere() {
    let swapped = PageView::new([595.0, 842.0, 0.0, 0.0], None, Rotation::None, 1.0);
    assert_eq!(placed(&swapped, 10.0, 20.0), [10.0, 20.0, 110.0, 70.0]);
    let crop = Some([500.0, 800.0, -100.0, -50.0]);
    let cropped = PageView::new([-50.0, -50.0, 545.0, 792.0], crop, Rotation::None, 1.0);
    assert_eq!(cropped.size(), (550.0, 842.0));
    assert_eq!(placed(&cropped, 0.0, 0.0), [-50.0, -50.0, 50.0, 0.0]);
    let elsewhere = PageView::new(A4, Some([900.0, 0.0, 999.0, 99.0]), Rotation::None, 1.0);
    assert_eq!(elsewhere.size(), (595.0, 842.0));
}

#[test]
fn a_user_unit_makes_the_page_larger_not_the_area() {
    let view = PageView::new([0.0, 0.0, 100.0, 100.0], None, Rotation::Quarter, 10.0);
    assert_eq!(view.size(), (1000.0, 1000.0));
    let placement = view.place(1, BottomLeft, (100.0, 200.0), (155.0, 50.0)).unwrap();
    assert_eq!(placement.rectangle, [75.0, 10.0, 80.0, 25.5]);
    assert_eq!((placement.width, placement.height), (155.0, 50.0));
    let nonsense = PageView::new(A4, None, Rotation::None, f64::NAN);
    assert_eq!(nonsense.size(), (595.0, 842.0));
}

#[test]
fn areas_outside_are_refused_with_the_size_of_the_page() {
    let view = PageView::new(A4, None, Rotation::Quarter, 1.0);
    for (x, y) in [(-1.0, 0.0), (0.0, -1.0), (743.0, 0.0), (0.0, 546.0), (f64::NAN, 0.0)] {
        let refusal = view.place(3, BottomLeft, (x, y), (100.0, 50.0)).unwrap_err();
        let (width, height) = ("842".to_owned(), "595".to_owned());
        assert_eq!(refusal, PdfRefusal::AreaOutside { page: 3, width, height }, "{x} {y}");
    }
    view.place(3, BottomLeft, (742.0, 545.0), (100.0, 50.0)).unwrap();
    assert!(view.place(3, BottomLeft, (0.0, 0.0), (0.0, 50.0)).is_err());
    assert!(view.place(3, BottomLeft, (0.0, 0.0), (f64::INFINITY, 50.0)).is_err());
}

#[test]
fn an_area_begins_where_its_word_does() {
    let word = [100.0, 200.0, 160.0, 210.0];
    for (degrees, expected) in [
        (0, [100.0, 200.0, 150.0, 220.0]),
        (90, [140.0, 200.0, 160.0, 250.0]),
        (180, [110.0, 190.0, 160.0, 210.0]),
        (270, [100.0, 160.0, 120.0, 210.0]),
    ] {
        let view = PageView::new(A4, None, Rotation::from_degrees(degrees), 1.0);
        let placement = view.place_at(1, BottomLeft, word, (50.0, 20.0)).unwrap();
        assert_eq!(placement.rectangle, expected, "{degrees}");
    }
}

#[test]
fn a_field_keeps_its_rectangle() {
    let view = PageView::new(A4, None, Rotation::Quarter, 2.0);
    let placement = view.field([50.0, 30.0, 10.0, 20.0]).unwrap();
    assert_eq!(placement.rectangle, [10.0, 20.0, 50.0, 30.0]);
    assert_eq!((placement.width, placement.height), (20.0, 80.0));
    assert!(view.field([0.0; 4]).is_none());
}
