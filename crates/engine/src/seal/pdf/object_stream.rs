//! Object streams, unpacked (ISO 32000-1, 7.5.7).

use super::budget::PdfBudget;
use super::damaged;
use super::lexer::Lexer;
use super::object::{Dictionary, Object};
use crate::domain::refusal::PdfRefusal;

/// The objects of an object stream, each read when it is asked for.
#[derive(Debug)]
pub(super) struct ObjectStream {
    data: Vec<u8>,
    /// Number and place of each object.
    places: Vec<(u32, usize)>,
    extends: Option<u32>,
}

impl ObjectStream {
    /// Reads the list of objects in front of them.
    pub(super) fn read(
        dictionary: &Dictionary,
        data: Vec<u8>,
        budget: &PdfBudget,
    ) -> Result<Self, PdfRefusal> {
        let broken = || damaged("an object stream whose list of objects cannot be read");
        let number = |key: &str| {
            let value = dictionary.get(key).and_then(Object::as_integer);
            value.and_then(|value| usize::try_from(value).ok()).ok_or_else(broken)
        };
        let (count, first) = (number("N")?, number("First")?);
        // a number, a place and what stands between them
        if count > data.len() / 3 + 1 {
            return Err(broken());
        }
        if count > budget.limits.objects {
            return Err(PdfRefusal::TooManyObjects { limit: budget.limits.objects });
        }
        let mut lexer = Lexer::new(&data, 0, budget.bounds());
        let mut places = Vec::with_capacity(count);
        for _ in 0..count {
            let number = lexer.unsigned().and_then(|number| u32::try_from(number).ok());
            let place = lexer.unsigned().and_then(|place| usize::try_from(place).ok());
            let place = place.and_then(|place| place.checked_add(first));
            places.push(number.zip(place).ok_or_else(broken)?);
        }
        let extends = dictionary.get("Extends").and_then(Object::as_reference);
        Ok(Self { data, places, extends: extends.map(|extends| extends.number) })
    }

    /// What it was unpacked to.
    pub(super) fn data(&self) -> &[u8] {
        &self.data
    }

    /// The numbers of its objects.
    pub(super) fn numbers(&self) -> Vec<u32> {
        self.places.iter().map(|(number, _)| *number).collect()
    }

    /// The stream that it continues.
    pub(super) const fn extends(&self) -> Option<u32> {
        self.extends
    }

    /// The object of this number, expected at this position of the list. None when it is not here.
    pub(super) fn get(
        &self,
        number: u32,
        index: u32,
        budget: &PdfBudget,
    ) -> Result<Option<Object>, PdfRefusal> {
        let expected = usize::try_from(index).ok().and_then(|index| self.places.get(index));
        let place = match expected {
            Some((found, place)) if *found == number => Some(*place),
            _ => {
                budget.spend(self.places.len())?;
                self.places.iter().find(|(found, _)| *found == number).map(|(_, place)| *place)
            }
        };
        let Some(place) = place else { return Ok(None) };
        let mut lexer = Lexer::new(&self.data, place, budget.bounds());
        let object = lexer.object();
        budget.spend(lexer.cost(place))?;
        object.map(Some)
    }
}
