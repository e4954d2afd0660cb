//! Who there is, and inviting somebody.

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::OfficeForm;
use super::frame::OfficeFrame;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::delivery::MailAddress;
use crate::domain::ids::{ClientServiceId, CompanyId};
use crate::domain::language::Language;
use crate::domain::person::{Permission, Person, Rights, Role, Sight};
use crate::letters::{
    Locale, OfficeWords, filled, page_words, rights_word, role_word, status_word,
};
use crate::workflow::people::{
    self, Given, InvitedPerson, NewPerson, PersonProblem, SEEN_AT_MOST, given,
};

#[derive(Template)]
#[template(path = "backoffice/templates/people.html")]
struct PeoplePage {
    frame: OfficeFrame,
    find: String,
    may_invite: bool,
    rows: Vec<PersonRow>,
}

struct PersonRow {
    id: String,
    name: String,
    address: String,
    role: &'static str,
    rights: &'static str,
    status: &'static str,
}

#[derive(Template)]
#[template(path = "backoffice/templates/invite.html")]
struct InvitePage {
    frame: OfficeFrame,
    problem: &'static str,
    address: String,
    fields: PersonFields,
}

#[derive(Template)]
#[template(path = "backoffice/templates/invited.html")]
pub(super) struct InvitedPage {
    frame: OfficeFrame,
    text: String,
    /// Empty when a mail brings it.
    link: String,
}

/// A value, its word and whether it is chosen.
pub(super) type Choice<T> = (T, String, bool);

/// The fields of a form about a person.
pub(super) struct PersonFields {
    pub(super) name: String,
    pub(super) languages: Vec<Choice<&'static str>>,
    pub(super) roles: Vec<Choice<&'static str>>,
    pub(super) rights: Vec<Choice<&'static str>>,
    pub(super) companies: Vec<Choice<i64>>,
    pub(super) client_services: Vec<Choice<i64>>,
}

/// What such a form says.
pub(super) struct ChosenFields {
    pub(super) name: String,
    pub(super) language: Language,
    pub(super) role: Role,
    pub(super) rights: Rights,
    pub(super) sight: Sight,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    let find = visit.asked("find").unwrap_or_default();
    let everybody = match visit.web.app.reader.people().await {
        Ok(everybody) => everybody,
        Err(error) => return visit.failed(&error.into()),
    };
    let language = visit.language();
    let wanted = find.trim().to_lowercase();
    let fits = |person: &Person| {
        person.name.to_lowercase().contains(&wanted) || person.address.folded().contains(&wanted)
    };
    let rows = everybody.iter().filter(|person| fits(person)).map(|person| PersonRow {
        id: person.id.to_string(),
        name: person.name.clone(),
        address: person.address.as_str().to_owned(),
        role: role_word(language, person.role),
        rights: rights_word(language, person.rights),
        status: status_word(language, person.status),
    });
    let page = PeoplePage {
        frame: visit.frame(),
        rows: rows.collect(),
        may_invite: who.stay.person.may(Permission::ManagePeople),
        find,
    };
    OfficeVisit::page(StatusCode::OK, &page)
}

pub(super) async fn invite_page(Extension(visit): Extension<OfficeVisit>) -> Response {
    let chosen = ChosenFields {
        name: String::new(),
        language: visit.language(),
        role: Role::Issuer,
        rights: Rights::Viewer,
        sight: Sight::Of { companies: Vec::new(), client_services: Vec::new() },
    };
    shown(&visit, StatusCode::OK, "", (String::new(), chosen)).await
}

pub(super) async fn send_invitation(
    Extension(visit): Extension<OfficeVisit>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let words = visit.words();
    let written = form.one("address").to_owned();
    let chosen = ChosenFields::read(&visit, &form);
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let Some(address) = MailAddress::parse(&written) else {
        return shown(&visit, wrong, words.mail_wrong, (written, chosen)).await;
    };
    let Some(name) = Person::name(&chosen.name) else {
        return shown(&visit, wrong, words.name_wrong, (written, chosen)).await;
    };
    let new = NewPerson {
        address,
        name,
        language: chosen.language,
        role: chosen.role,
        rights: chosen.rights,
        sight: chosen.sight.clone(),
    };
    match people::invite(&visit.web.app, new, &visit.doer()).await {
        Ok(invited) => OfficeVisit::page(StatusCode::OK, &InvitedPage::of(&visit, &invited)),
        Err(PersonProblem::Failed(error)) => visit.failed(&error),
        Err(problem) => {
            shown(&visit, wrong, person_problem(words, &problem), (written, chosen)).await
        }
    }
}

/// Why nothing was done, in words.
pub(super) const fn person_problem(
    words: &'static OfficeWords,
    problem: &PersonProblem,
) -> &'static str {
    match problem {
        PersonProblem::Known => words.known,
        PersonProblem::Blind => words.blind,
        PersonProblem::Last => words.last,
        PersonProblem::Failed(_) => words.fault_title,
    }
}

impl InvitedPage {
    pub(super) fn of(visit: &OfficeVisit, invited: &InvitedPerson) -> Self {
        let frame = visit.frame();
        let facts = [
            ("address", invited.person.address.as_str().to_owned()),
            ("date", Locale(visit.language()).time(invited.expires)),
        ];
        let text = if invited.mailed { frame.words.invited_mail } else { frame.words.invited_link };
        let link = if invited.mailed { String::new() } else { invited.link.clone() };
        Self { text: filled(text, &facts), link, frame }
    }
}

impl ChosenFields {
    pub(super) fn read(visit: &OfficeVisit, form: &OfficeForm) -> Self {
        let ids = |name: &'static str| {
            form.all(name).filter_map(|id| id.parse::<i64>().ok()).take(SEEN_AT_MOST)
        };
        Self {
            name: form.one("name").to_owned(),
            language: Language::parse(form.one("language")).unwrap_or_else(|| visit.language()),
            // Nothing that is not said makes anybody more.
            role: Role::parse(form.one("role")).unwrap_or(Role::Issuer),
            rights: Rights::parse(form.one("rights")).unwrap_or(Rights::Viewer),
            sight: Sight::Of {
                companies: ids("company").map(CompanyId::from_i64).collect(),
                client_services: ids("service").map(ClientServiceId::from_i64).collect(),
            },
        }
    }
}

impl PersonFields {
    pub(super) fn of(language: Language, given: &Given, chosen: &ChosenFields) -> Self {
        let (companies, services): (&[CompanyId], &[ClientServiceId]) = match &chosen.sight {
            Sight::Everything => (&[], &[]),
            Sight::Of { companies, client_services } => (companies, client_services),
        };
        Self {
            name: chosen.name.clone(),
            languages: Language::ALL
                .map(|it| {
                    let name = page_words(it).autonym.to_owned();
                    (it.as_str(), name, it == chosen.language)
                })
                .to_vec(),
            roles: Role::ALL
                .map(|it| (it.as_str(), role_word(language, it).to_owned(), it == chosen.role))
                .to_vec(),
            rights: Rights::ALL
                .map(|it| (it.as_str(), rights_word(language, it).to_owned(), it == chosen.rights))
                .to_vec(),
            companies: given
                .companies
                .iter()
                .map(|it| {
                    let name = format!("{} ({} {})", it.name, it.country_code, it.vat_number);
                    (it.id.as_i64(), name, companies.contains(&it.id))
                })
                .collect(),
            client_services: given
                .client_services
                .iter()
                .map(|it| {
                    let name = it.alias.as_str().to_owned();
                    (it.id.as_i64(), name, services.contains(&it.id))
                })
                .collect(),
        }
    }
}

async fn shown(
    visit: &OfficeVisit,
    status: StatusCode,
    problem: &'static str,
    (address, chosen): (String, ChosenFields),
) -> Response {
    match given(&visit.web.app).await {
        Ok(given) => {
            let fields = PersonFields::of(visit.language(), &given, &chosen);
            OfficeVisit::page(
                status,
                &InvitePage { frame: visit.frame(), problem, address, fields },
            )
        }
        Err(error) => visit.failed(&error),
    }
}
