//! `audit verify`: a chain that is whole, one that is not, and a head that was kept.

use serde_json::Value;

use super::looking::House;
use super::text;

#[test]
fn the_first_entry_that_does_not_fit_is_named_and_the_command_fails() {
    let house = House::new();
    house.good("migrate");
    for name in ["ana", "rui", "eva"] {
        house.good(&format!("person invite --administrator {name}@acme.example"));
    }
    let said = house.good("audit verify --json");
    let whole: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&whole["whole"], &whole["entries"]), (&true.into(), &3.into()), "{said}");
    let head = whole["head"].as_str().unwrap();
    let kept = house.good(&format!("audit verify --head {head} --json"));
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept["keptAt"], 3, "{kept}");
    house.bad("audit verify --head 12", "64 hexadecimal digits");
    let other = format!("audit verify --head {}", "0".repeat(64));
    house.bad(&other, "HEAD_NOT_FOUND");
    assert!(house.good("audit verify").contains(head));

    let place = format!("sqlite://{}", house.path().join("c.db").display());
    crate::support::service::block_on(async {
        let pool = super::looking::sqlx_pool(&place).await;
        let sql = "UPDATE audit_entry SET detail = 'x' WHERE place = 2";
        sqlx::query(sql).execute(&pool).await.unwrap();
        pool.close().await;
    });
    let output = house.run("audit verify --json");
    let broken: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let found = (&broken["whole"], &broken["misfit"], &broken["place"], &broken["entries"]);
    assert_eq!(found, (&false.into(), &"CHANGED".into(), &2.into(), &1.into()), "{broken}");
}
