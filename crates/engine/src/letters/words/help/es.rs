//! Help in Spanish.

use super::{HelpWords, TopicWords};
use crate::domain::error_topic::ErrorTopic;

pub(super) const WORDS: HelpWords = HelpWords {
    help: "Ayuda",
    text: "Qué hacen las teclas, qué significa cada error y quién puede arreglarlo.",
    keys: "Teclas",
    key: "Tecla",
    does: "Qué hace",
    keys_text: "Sirven en todas las páginas, pero no mientras se escribe.",
    key_help: "muestra las teclas",
    key_search: "va a la búsqueda",
    key_go: "va a la primera página, a las operaciones, a los servicios cliente",
    key_tab: "avanza, y retrocede con Mayús",
    key_enter: "abre, o envía el formulario",
    key_escape: "cierra lo que está abierto",
    single: "Teclas sueltas en este dispositivo",
    single_text: "Quien dicta, o toca teclas sin querer, las apaga.",
    close: "Cerrar",
    errors: "Errores",
    errors_text: "Según lo que salió mal. Los nombres son los que están junto a un documento y en las respuestas a programas.",
    means: "Qué significa",
    todo: "Qué hacer",
    same: "Errores de la misma clase",
    with_it: "Operaciones con este error",
    unknown: "No hay ningún error con ese nombre.",
    explain: "Qué significa esto",
};

#[expect(clippy::too_many_lines, reason = "it is a table, row by row")]
pub(super) const fn topic(topic: ErrorTopic) -> TopicWords {
    match topic {
        ErrorTopic::FileDamaged => TopicWords {
            title: "El archivo está dañado",
            meaning: "El archivo está vacío, cortado, dañado o no se puede leer como lo que es. No se selló y no se envió nada a nadie.",
            todo: "Haga que el programa de origen lo genere de nuevo, ábralo una vez para comprobarlo y envíelo otra vez. Puede usarse la misma referencia.",
        },
        ErrorTopic::FileTooLarge => TopicWords {
            title: "El archivo es demasiado grande o complicado",
            meaning: "El archivo tiene más bytes, partes o niveles de los que este servicio acepta, o necesita más trabajo del que puede tener un documento.",
            todo: "Haga que se envíe más pequeño: imágenes menores, menos adjuntos o varios archivos. Quien opera el servicio puede subir algunos límites.",
        },
        ErrorTopic::FileProtected => TopicWords {
            title: "El archivo está bloqueado o contiene lo que no se sella",
            meaning: "El archivo pide contraseña, prohíbe cambios, es un formulario que una firma rompería o contiene scripts u otro contenido activo.",
            todo: "Haga que se guarde sin protección ni contenido activo (como PDF/A, por ejemplo) y envíelo de nuevo.",
        },
        ErrorTopic::RuleBroken => TopicWords {
            title: "El documento incumple las reglas de las facturas de su clase",
            meaning: "El documento se puede leer, pero un destinatario o una autoridad lo rechazaría. La operación dice qué regla, dónde y en qué línea.",
            todo: "Dé la regla y la línea a quien cuida el programa que escribe las facturas; se envía otra vez cuando esté corregido.",
        },
        ErrorTopic::SignedAlready => TopicWords {
            title: "El documento ya tiene una firma",
            meaning: "Una firma que está en el documento no deja sitio al sello, o el sello la rompería.",
            todo: "Envíe el documento como era antes de firmarse. Quien cuida la integración también puede pedir un sello junto a la firma (existingSignatures) o en un archivo aparte (DETACHED).",
        },
        ErrorTopic::Mislabelled => TopicWords {
            title: "El documento no es lo que dice la petición",
            meaning: "El nombre, el tipo o el formato de la petición no corresponden al contenido del archivo.",
            todo: "Compruebe si se envió el archivo correcto. Si es así, quien cuida la integración corrige contentType, el nombre o la clase de firma.",
        },
        ErrorTopic::SealSettings => TopicWords {
            title: "No se puede hacer un sello así",
            meaning: "La petición, o los ajustes del servicio cliente, piden un perfil, nivel, lugar o algoritmo que no existe, o no para este documento.",
            todo: "Dé la frase que está junto al documento a quien cuida la integración; los ajustes del servicio cliente están en su página.",
        },
        ErrorTopic::VisibleSignature => TopicWords {
            title: "La imagen de la firma no cabe",
            meaning: "La página, el campo, la palabra o el área donde debía verse el sello no está, o su texto o imagen no cabe.",
            todo: "Quien cuida la integración corrige dónde y cómo se muestra la firma, o deja fuera la imagen.",
        },
        ErrorTopic::Certificate => TopicWords {
            title: "El certificado de sello no se puede usar",
            meaning: "Ha caducado, aún no es válido, fue revocado o desactivado, o no hay ninguno asignado. No se puede sellar ningún documento de este servicio cliente.",
            todo: "Avise enseguida a un administrador: en «{credentials}» se renueva, se activa o se asigna otro. Lo que espera se sella entonces solo; lo que falló se envía de nuevo.",
        },
        ErrorTopic::Key => TopicWords {
            title: "La clave no firma",
            meaning: "El dispositivo que guarda la clave no respondió, se negó o respondió mal.",
            todo: "Avise a quien opera el servicio. Mientras el dispositivo no responde, las operaciones esperan y siguen solas; lo que falló se envía de nuevo cuando la clave firme.",
        },
        ErrorTopic::OutsideAuthority => TopicWords {
            title: "Una autoridad externa no responde",
            meaning: "La autoridad de sellado de tiempo, o quien dice si los certificados fueron revocados, no respondió a tiempo.",
            todo: "Espere un poco y envíe el documento de nuevo. Si sigue así, quien opera el servicio revisa la red y añade una segunda autoridad.",
        },
        ErrorTopic::Suspended => TopicWords {
            title: "El servicio cliente o su empresa está suspendido",
            meaning: "Alguien lo suspendió, con un motivo que está en su página. No se sella nada suyo hasta que se reactive.",
            todo: "Lea el motivo en la página del servicio cliente o de la empresa. Quien puede lo reactiva; después se envían los documentos de nuevo.",
        },
        ErrorTopic::Installation => TopicWords {
            title: "Un fallo de este servicio",
            meaning: "Algo salió mal que ni el remitente ni el destinatario pueden arreglar. No se entregó nada incorrecto.",
            todo: "Avise a quien opera el servicio con el número de la operación: el registro dice más. Envíe el documento de nuevo cuando esté arreglado.",
        },
        ErrorTopic::EndedByPerson => TopicWords {
            title: "Alguien terminó la operación",
            meaning: "Quien opera el servicio la terminó antes de que se sellara este documento.",
            todo: "Pregúntele por qué. El documento se puede enviar de nuevo con la misma referencia.",
        },
        ErrorTopic::RequestMalformed => TopicWords {
            title: "La petición no se entendió",
            meaning: "Lo que envió el programa del remitente no es una petición que este servicio lea. No se registró nada y toda referencia sigue libre.",
            todo: "Dé la frase y el número de la petición a quien cuida la integración.",
        },
        ErrorTopic::ReferenceUsed => TopicWords {
            title: "La referencia está ocupada",
            meaning: "Ya hay aquí un documento o una petición con esta referencia y otro contenido. Así nada se sella dos veces.",
            todo: "Busque la referencia: si es el documento que se quería, no hay nada que hacer. Si no, el remitente da otra referencia al nuevo.",
        },
        ErrorTopic::TooMuchAtOnce => TopicWords {
            title: "Demasiado a la vez",
            meaning: "Se pidió más de lo permitido en un minuto, una hora o un día.",
            todo: "Espere lo que dice la respuesta; después se envía de nuevo. Quien opera el servicio puede subir el límite de un servicio cliente.",
        },
        ErrorTopic::NotLoggedIn => TopicWords {
            title: "El programa del remitente no ha iniciado sesión",
            meaning: "Su acceso caducó, su secreto fue sustituido o no puede hacer lo que pidió.",
            todo: "Quien cuida la integración comprueba alias y secreto. Un secreto nuevo se hace en la página del servicio cliente.",
        },
        ErrorTopic::NotThere => TopicWords {
            title: "No está",
            meaning: "Lo que se pidió no existe para este servicio cliente, o su contenido ya no se guarda.",
            todo: "Compruebe la referencia y el servicio cliente. Lo que ya no se guarda solo puede sellarse como documento nuevo.",
        },
        ErrorTopic::TooEarly => TopicWords {
            title: "Todavía no está",
            meaning: "La operación sigue en curso o espera el próximo intento.",
            todo: "Espere: termina sola. La operación dice cuándo se intenta de nuevo; «{retry}» lo hace enseguida.",
        },
        ErrorTopic::MailNotSent => TopicWords {
            title: "El correo no se puede enviar",
            meaning: "No se nombra a nadie que pueda recibirlo, a esa dirección no van correos desde aquí o no hay ningún documento sellado.",
            todo: "Corrija la dirección y envíe de nuevo desde la página de la operación.",
        },
        ErrorTopic::WebhookRefused => TopicWords {
            title: "El webhook no se puede configurar así",
            meaning: "Su dirección lleva a un lugar al que este servicio no llama, o hay demasiados.",
            todo: "Quien cuida la integración da una dirección de internet con https, o quita uno que ya no hace falta.",
        },
        ErrorTopic::NoAnswer => TopicWords {
            title: "Una parte del servicio no respondió",
            meaning: "La base de datos, la clave u otra parte no estaba. Lo que se pidió puede haberse hecho igualmente.",
            todo: "Busque primero la referencia. La misma petición puede enviarse otra vez sin daño: nada se sella dos veces.",
        },
    }
}
