//! Spanish.

use super::PasskeyWords;

pub(super) const WORDS: PasskeyWords = PasskeyWords {
    passkeys: "Claves de acceso",
    text: "Una clave de acceso está en su teléfono, su ordenador, una llave de seguridad o un gestor de contraseñas. Con ella entra sin contraseña y sin código.",
    none: "No tiene ninguna.",
    add: "Añadir una clave de acceso",
    add_text: "Déle un nombre por el que la reconozca. Su navegador pregunta después dónde guardarla.",
    name: "Nombre",
    name_hint: "Por ejemplo, el dispositivo en el que está.",
    name_wrong: "Hace falta un nombre, de {most} caracteres como máximo.",
    known: "Alguien tiene ya esta clave de acceso.",
    many: "Nadie tiene más de {most} claves de acceso. Quite antes una.",
    wrong: "La clave de acceso no se añadió: lo que envió el navegador no encaja o tardó demasiado. Inténtelo de nuevo.",
    added: "Añadida",
    used: "Último uso",
    never: "Nunca",
    copied: "Puede estar en varios dispositivos",
    single: "En un solo dispositivo",
    remove: "Quitar",
    remove_text: "{name} deja de dar entrada y sus otras sesiones terminan. La clave de acceso queda en el dispositivo hasta que la quite también allí.",
    last: "Este es su único segundo paso. Configure antes una aplicación de códigos o añada otra clave de acceso.",
    use_one: "Usar una clave de acceso",
    stopped: "El navegador no dio ninguna clave de acceso. Inténtelo de nuevo o vaya por otro camino.",
    known_here: "Este dispositivo tiene ya una clave de acceso para su cuenta.",
    script: "Esta página necesita un script que su navegador no ejecuta. Una aplicación de códigos funciona sin él.",
    not_possible: "Las claves de acceso necesitan un nombre en la dirección pública del servicio (web.public_url), no un número.",
    sign_in_wrong: "Esta clave de acceso no encaja o pasó demasiado tiempo. Inténtelo de nuevo o entre con su contraseña.",
    instead: "O añada una clave de acceso en lugar de la aplicación",
};
