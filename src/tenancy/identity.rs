//! What partners and tenants are called in the envelopes of their interchanges.

use crate::formats::piece::{Identity, Standard};

/// `x12/ZZ/ACMEDIST` → standard, qualifier, id.
///
/// Errors: it is no such text, or no envelope could say it, as a sentence. ISA05 and ISA07 have two characters, ISA06 and ISA08
/// fifteen at most (X12.6); UNB's 0007 has four at most, and 0004 thirty-five (ISO 9735).
pub fn read(text: &str) -> Result<(Standard, Identity), String> {
    let parts: Vec<&str> = text.splitn(3, '/').collect();
    let (standard, qualifier, id) = match parts.as_slice() {
        ["x12", qualifier, id] if !id.is_empty() => (Standard::X12, *qualifier, *id),
        ["edifact", qualifier, id] if !id.is_empty() => (Standard::Edifact, *qualifier, *id),
        _ => {
            return Err(format!(
                "`{text}` is no identity; write standard/qualifier/id, such as x12/ZZ/ACMEDIST or edifact/14/4012345000009"
            ));
        }
    };
    let length = |text: &str| text.chars().count();
    let (takes, longest) = match standard {
        Standard::X12 => (2..=2, 15),
        _ => (0..=4, 35),
    };
    if !takes.contains(&length(qualifier)) {
        let takes = if standard == Standard::X12 { "two characters, as ZZ or 01" } else { "four characters at most" };
        return Err(format!(
            "`{text}`: no interchange says so: its qualifier `{qualifier}` has {}, and there it has {takes}",
            length(qualifier)
        ));
    }
    if length(id) > longest {
        return Err(format!(
            "`{text}`: no interchange says so: its id has {} characters, and there it has {longest} at most",
            length(id)
        ));
    }
    Ok((standard, Identity { qualifier: qualifier.into(), id: id.into() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_what_an_envelope_can_say() {
        assert_eq!(read("x12/ZZ/NORTHWIND").unwrap().1.id.as_ref(), "NORTHWIND");
        assert_eq!(read("edifact//4012345000009").unwrap().0, Standard::Edifact);
        for (text, why) in [
            ("x12/Z/NORTHWIND", "its qualifier `Z` has 1, and there it has two characters"),
            ("x12/ZZ/NORTHWINDNORTHWIND", "its id has 18 characters, and there it has 15 at most"),
            ("edifact/ZZZZZ/N", "its qualifier `ZZZZZ` has 5, and there it has four characters at most"),
            ("x12/ZZ", "is no identity; write standard/qualifier/id"),
            ("ubl/ZZ/N", "is no identity"),
        ] {
            let told = read(text).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }
}
