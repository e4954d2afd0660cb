//! `person`: the first administrator, and what to do when somebody is gone.

use serde_json::Value;

use super::looking::House;
use super::text;

fn json(house: &House, command: &str) -> Value {
    let output = house.run(command);
    assert!(output.status.success(), "{}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_first_administrator_is_invited_by_a_link() {
    let house = House::new();
    house.good("migrate");
    assert!(text(&house.run("person list")).contains("person invite --administrator"));
    let invited = json(&house, "person invite --json --administrator Ana.Sousa@acme.example");
    let link = invited["link"].as_str().unwrap();
    assert!(link.contains("/office/invitation/"), "{invited}");
    assert_eq!(invited["mailed"], false);
    let people = json(&house, "person list --json");
    let ana = &people.as_array().unwrap()[0];
    for (name, value) in [
        ("address", "Ana.Sousa@acme.example"),
        ("name", "Ana.Sousa"),
        ("role", "ADMINISTRATOR"),
        ("rights", "OPERATOR"),
        ("status", "INVITED"),
    ] {
        assert_eq!(ana[name], value, "{people}");
    }
    assert!(!text(&house.run("person list")).contains("invitation/"), "it is shown once");

    house.bad("person invite --administrator ana.sousa@ACME.example", "there already");
    house.bad("person invite --administrator nobody", "no mail address");
    house.bad("person invite rui@acme.example", "--role");
    house.bad("person invite --role issuer rui@acme.example", "at least one company");
    house.bad("person invite --role issuer --company PRT rui@acme.example", "COUNTRY:VAT");
    house.bad("person invite --role issuer --company PRT:1 rui@acme.example", "no such company");
    house.bad("person disable rui@acme.example", "no such person");
    house.good("person disable ana.sousa@acme.example");
    assert_eq!(json(&house, "person list --json")[0]["status"], "DISABLED");
    house.good("person enable ana.sousa@acme.example");
    let again = json(&house, "person reset --json ana.sousa@acme.example");
    assert_ne!(again["link"], invited["link"]);
    assert_eq!(json(&house, "person list --json")[0]["status"], "INVITED");
}
