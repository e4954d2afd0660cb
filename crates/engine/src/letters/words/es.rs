//! Spanish.

use super::{
    AlarmWords, InvitationWords, LetterWords, NotificationWords, PageWords, Sample, Words,
};

pub(super) const WORDS: Words = Words {
    notification: NotificationWords {
        subject: "{% if several %}{{ document_count }} nuevos documentos sellados{% else %}Nuevo documento sellado{% endif %} de {{ issuer.name }}",
        heading: "{% if several %}Nuevos documentos sellados{% else %}Nuevo documento sellado{% endif %}",
        intro: "{{ issuer.name }} ha puesto a su disposición {% if several %}{{ document_count }} documentos con sello electrónico{% else %}un documento con sello electrónico{% endif %}.",
        reference: "Referencia",
        description: "Palabras del remitente",
        colon: ":",
        documents: "{% if several %}Documentos{% else %}Documento{% endif %}",
        sealed: "sellado por {{ document.sealed_by }} el {{ document.signing_time }}",
        more: "y {{ documents_more }} más",
        attached: "{% if several %}Los documentos van adjuntos a este mensaje.{% else %}El documento va adjunto a este mensaje.{% endif %}",
        too_large: "{% if several %}Los documentos son demasiado grandes para adjuntarlos a este mensaje.{% else %}El documento es demasiado grande para adjuntarlo a este mensaje.{% endif %}",
        link: "{% if several %}Consultar y descargar los documentos{% else %}Consultar y descargar el documento{% endif %}",
        expires: "El enlace es personal y válido hasta el {{ link_expires }}.",
        footer: "Este mensaje se ha enviado automáticamente a {{ receiver }} en nombre de {{ issuer.name }}.",
    },
    test: LetterWords {
        subject: "Mensaje de prueba de {account}",
        paragraphs: &[
            "Este es un mensaje de prueba. El envío de correo de {account} funciona.",
            "Se envió el {date}.",
        ],
    },
    alarm: AlarmWords {
        expiring: [
            "El certificado {alias} caduca hoy",
            "El certificado {alias} caduca mañana",
            "El certificado {alias} caduca dentro de {days} días",
        ],
        expiring_text: &[
            "El certificado de la credencial {alias} ({subject}) caduca el {date}. A partir de entonces no se podrá sellar con él.",
            "Solicite un certificado nuevo y regístrelo antes de esa fecha.",
        ],
        expired: LetterWords {
            subject: "El certificado {alias} ha caducado",
            paragraphs: &[
                "El certificado de la credencial {alias} ({subject}) caducó el {date}. Ya no se sella nada con él.",
                "Registre un certificado nuevo para volver a sellar.",
            ],
        },
        algorithm_ending: LetterWords {
            subject: "{what} de {alias} termina el {date}",
            paragraphs: &[
                "Los sellos de la credencial {alias} se basan en {what}, que se acepta hasta el {date} ({source}). Después, quien los verifique puede rechazarlos.",
                "Solicite antes de esa fecha un certificado para otra clave o indique otro algoritmo de firma.",
            ],
        },
        algorithm_ended: LetterWords {
            subject: "{what} de {alias} terminó el {date}",
            paragraphs: &[
                "Los sellos de la credencial {alias} se basan en {what}, que se aceptaba hasta el {date} ({source}). Quien los verifique puede rechazarlos.",
                "Solicite un certificado para otra clave o indique otro algoritmo de firma.",
            ],
        },
        grant_ending: LetterWords {
            subject: "El acceso a la clave {alias} termina el {date}",
            paragraphs: &[
                "La autorización de la autoridad de certificación para usar la clave de la credencial {alias} termina el {date}.",
                "Renuévela antes de esa fecha; de lo contrario no se podrá sellar con esta credencial.",
            ],
        },
        grant_ended: LetterWords {
            subject: "El acceso a la clave {alias} ha terminado",
            paragraphs: &[
                "La autorización de la autoridad de certificación para usar la clave de la credencial {alias} ha terminado: su último día es el {date}, o se han realizado todas las firmas permitidas.",
                "Renuévela para volver a sellar con esta credencial.",
            ],
        },
        grant_used: LetterWords {
            subject: "Acceso a la clave {alias}: {percent}\u{a0}% de las firmas utilizadas",
            paragraphs: &[
                "Se ha utilizado el {percent}\u{a0}% de las firmas que la autoridad de certificación permite con la clave de la credencial {alias}.",
                "Renueve la autorización a tiempo; de lo contrario no se podrá sellar con esta credencial.",
            ],
        },
        key_quarantined: LetterWords {
            subject: "La clave de {alias} ha firmado mal",
            paragraphs: &[
                "La clave de la credencial {alias} respondió el {date} con un valor de firma que su certificado no verifica. El valor se descartó; la clave no se usa hasta que usted la libere.",
                "Averigüe la causa: pregunte al fabricante del token y consulte el registro del servicio. Después: chancery keys release --credential {alias}. Lo que espera se sella a continuación.",
            ],
        },
        usage_near: LetterWords {
            subject: "{company} ha utilizado el {percent}\u{a0}% de su límite",
            paragraphs: &[
                "{company} ha sellado {used} de {limit} documentos en el periodo que termina el {date}.",
                "Acuerde un límite más alto si este no va a ser suficiente.",
            ],
        },
        period_near: LetterWords {
            subject: "Ha transcurrido el {percent}\u{a0}% del periodo de {company}",
            paragraphs: &[
                "El periodo de {company} termina el {date}. Hasta ahora se han sellado {used} de {limit} documentos.",
                "Acuerde a tiempo el siguiente.",
            ],
        },
        usage_exceeded: LetterWords {
            subject: "{company} ha superado su límite",
            paragraphs: &[
                "{company} ha sellado {used} documentos; el límite para el periodo que termina el {date} es de {limit}.",
                "Acuerde un límite más alto.",
            ],
        },
        usage_ended: LetterWords {
            subject: "El periodo de {company} ha terminado",
            paragraphs: &[
                "El periodo de {company} terminó el {date}, con {used} de {limit} documentos sellados.",
                "Acuerde un nuevo periodo.",
            ],
        },
        mail_closed: LetterWords {
            subject: "El envío de correo de {account} está detenido",
            paragraphs: &[
                "El servidor de correo de {account} no acepta mensajes desde el {date}. Su última respuesta: {words}",
                "Los mensajes se conservan y se reintenta su envío. Compruebe el servidor, el puerto, el usuario y la contraseña de la cuenta.",
            ],
        },
        authority_away: LetterWords {
            subject: "La autoridad de sellado de tiempo {name} no da sellos",
            paragraphs: &[
                "La autoridad de sellado de tiempo {name} no ha dado ningún sello desde el {date}. Motivo: {words}",
                "Si hay otra autoridad, se le pregunta; si no, los documentos esperan o fallan, según esté configurado su servicio cliente. Pregúntele con: chancery check",
            ],
        },
        source_away: LetterWords {
            subject: "En {name} no se dice nada útil de los certificados",
            paragraphs: &[
                "En {name} no se ha dicho nada útil de los certificados desde el {date}. Motivo: {words}",
                "Los documentos de niveles LT y LTA se sellan con lo que se dijo antes mientras sea válido, o con lo que diga otra dirección; si no, esperan o fallan, según esté configurado su servicio cliente. Pregunte allí con: chancery check",
            ],
        },
        credential_revoked: LetterWords {
            subject: "El certificado de sello {alias} ha sido revocado",
            paragraphs: &[
                "El emisor del certificado de sello {alias}, o una autoridad superior, dice que ha sido revocado; se sabe desde el {date}. Respuesta: {words}",
                "El certificado está desactivado y no se sella nada más con él. Pregunte el motivo a su autoridad de certificación e importe otro. Si fue un error ya corregido: chancery credential enable --alias {alias}",
            ],
        },
        test_authority: LetterWords {
            subject: "Certificados de prueba en uso: {what}",
            paragraphs: &[
                "En la configuración o en los certificados de este servicio hay algo de una autoridad de prueba: {what}. El servicio es accesible desde otras máquinas; nadie más cree en tales sellos y sellos de tiempo.",
                "Sustitúyalo por el de una autoridad verdadera. Más detalles: chancery check",
            ],
        },
        mails_at_limit: LetterWords {
            subject: "{client} ha alcanzado su límite de mensajes",
            paragraphs: &[
                "{client} puede hacer enviar {limit} mensajes a {what} en 24 horas y ha alcanzado ese límite. Las solicitudes con más destinatarios se rechazan hasta {date}.",
                "Aumente el límite si estos envíos son deseados.",
            ],
        },
        logins_failing: LetterWords {
            subject: "Fallan inicios de sesión de {who}",
            paragraphs: &[
                "Desde el {date} han fallado {failures} inicios de sesión de {who}, el último desde {address}.",
                "Compruebe si un cliente usa un secreto antiguo o si alguien intenta adivinarlo. Los intentos se ralentizan automáticamente; un secreto se sustituye de inmediato con chancery client-service rotate-secret --only.",
            ],
        },
        sign_ins_failing: LetterWords {
            subject: "Falla el acceso de {who}",
            paragraphs: &[
                "Desde {date} han fallado {failures} intentos de entrar en la administración como {who}, el último desde {address}.",
                "Pregunte a la persona si ha sido ella. Si no, alguien prueba contraseñas: los intentos se ralentizan solos y nadie queda bloqueado. Una contraseña conocida se retira con chancery person reset.",
            ],
        },
        seals_withheld: LetterWords {
            subject: "Se retienen sellos de {alias}",
            paragraphs: &[
                "Desde el {date} hay sellos de {alias} que no superan la comprobación previa a la entrega y no se han entregado. Lo hallado en el último: {words}",
                "Los documentos han fallado con seal-check-failed; el registro los nombra. Envíelos de nuevo tras una actualización o con otra configuración, y avise a los autores de Chancery.",
            ],
        },
        queue_old: LetterWords {
            subject: "Hay mensajes en espera desde el {date}",
            paragraphs: &[
                "Mensajes en espera de envío: {waiting}. El más antiguo espera desde el {date}.",
                "Compruebe que el proceso en segundo plano está en marcha y que el servidor de correo y las direcciones de destino responden.",
            ],
        },
        operations_old: LetterWords {
            subject: "Hay operaciones sin terminar desde el {date}",
            paragraphs: &[
                "Operaciones sin terminar: {waiting}. La más antigua se aceptó el {date}.",
                "Compruebe que las claves y la base de datos responden y consulte el registro del servicio.",
            ],
        },
        evidence_overdue: LetterWords {
            subject: "Hay documentos conservados que aún no tienen prueba",
            paragraphs: &[
                "El documento más antiguo sin registro de evidencia se selló el {date}.",
                "Lo recibirán en cuanto una autoridad de sellado de tiempo dé un sello; entretanto no se pierde nada. Pregunte con: chancery check, y consulte el registro del servicio.",
            ],
        },
        renewal_overdue: LetterWords {
            subject: "Las pruebas no se renuevan y terminan el {date}",
            paragraphs: &[
                "Aquello en que se apoya un sello de tiempo de documentos conservados termina el {date}: el certificado de su autoridad o un algoritmo. Ha pasado la mitad del plazo para renovarlo.",
                "Después de ese día ya no prueba nada. Pregunte a las autoridades de sellado de tiempo con: chancery check, y consulte el registro del servicio.",
            ],
        },
        operations_crash: LetterWords {
            subject: "El servicio se ha interrumpido varias veces al ejecutar operaciones",
            paragraphs: &[
                "Operaciones afectadas: {waiting}. Sus documentos se procesan ahora uno a uno; aquel con el que el servicio se interrumpe demasiadas veces se aparta.",
                "Consulte el registro del servicio. El comando chancery operation end termina una operación a mano.",
            ],
        },
        clock_wrong: LetterWords {
            subject: "El reloj de un equipo que sella es incorrecto",
            paragraphs: &[
                "Ha saltado o difiere del reloj de la base de datos. Segundos: {seconds}.",
                "Compruebe la sincronización horaria del equipo. Mientras ambos difieran en más de un minuto no se sella nada; las operaciones esperan.",
            ],
        },
    },
    invitation: InvitationWords {
        subject: "Su cuenta en Chancery",
        before: "{name}, se ha creado una cuenta para usted. Inicie sesión con su dirección de correo, {address}.",
        link: "Definir su contraseña",
        behind: "El enlace es solo para usted y funciona una vez, hasta el {date}. Si no sabe de qué se trata, no haga nada.",
    },
    footer_alarm: "Enviado automáticamente por Chancery.",
    page: PageWords {
        autonym: "Español",
        languages: "Idioma",
        skip: "Ir a los documentos",
        title: "Documentos sellados",
        heading: "Documentos de {issuer}",
        reference: "Referencia",
        description: "Descripción",
        vat_number: "NIF-IVA",
        documents: "Documentos",
        name: "Documento",
        size: "Tamaño",
        sealed_by: "Sellado por",
        sealed_at: "Fecha del sello",
        not_sealed: "Sin sellar",
        fingerprint: "Huella digital (SHA-256)",
        download: "Descargar",
        download_all: "Descargar todos (ZIP, {size})",
        gone: "Ya no se conserva",
        expires: "Esta página es personal y está disponible hasta el {date}.",
        expired_title: "Este enlace ha caducado",
        expired_text: "El enlace fue válido hasta el {date}. Solicite uno nuevo a la empresa que se lo envió.",
        unknown_title: "Este enlace no funciona",
        unknown_text: "El enlace está incompleto o ya no es válido. Copie la dirección completa del mensaje o solicite un enlace nuevo a la empresa que se lo envió.",
        busy_title: "Demasiadas solicitudes",
        busy_text: "Inténtelo de nuevo dentro de {seconds} segundos.",
        fault_title: "No se puede mostrar la página",
        fault_text: "Se ha producido un problema por nuestra parte. Inténtelo de nuevo dentro de unos minutos.",
    },
    sample: Sample {
        issuer: "Comercial Ejemplo, S.L.",
        vat_number: "ESB12345678",
        description: "Facturas de noviembre",
        pdf: "factura-2026-0042.pdf",
        xml: "factura-2026-0042.xml",
    },
};
