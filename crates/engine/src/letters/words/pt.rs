//! Portuguese as written in Portugal.

use super::{
    AlarmWords, InvitationWords, LetterWords, NotificationWords, PageWords, Sample, Words,
};

pub(super) const WORDS: Words = Words {
    notification: NotificationWords {
        subject: "{% if several %}{{ document_count }} novos documentos selados{% else %}Novo documento selado{% endif %} de {{ issuer.name }}",
        heading: "{% if several %}Novos documentos selados{% else %}Novo documento selado{% endif %}",
        intro: "{{ issuer.name }} disponibilizou-lhe {% if several %}{{ document_count }} documentos com selo eletrónico{% else %}um documento com selo eletrónico{% endif %}.",
        reference: "Referência",
        description: "Palavras do remetente",
        colon: ":",
        documents: "{% if several %}Documentos{% else %}Documento{% endif %}",
        sealed: "selado por {{ document.sealed_by }} em {{ document.signing_time }}",
        more: "e mais {{ documents_more }}",
        attached: "{% if several %}Os documentos seguem em anexo a esta mensagem.{% else %}O documento segue em anexo a esta mensagem.{% endif %}",
        too_large: "{% if several %}Os documentos são demasiado grandes para serem anexados a esta mensagem.{% else %}O documento é demasiado grande para ser anexado a esta mensagem.{% endif %}",
        link: "{% if several %}Consultar e transferir os documentos{% else %}Consultar e transferir o documento{% endif %}",
        expires: "A ligação é pessoal e válida até {{ link_expires }}.",
        footer: "Esta mensagem foi enviada automaticamente para {{ receiver }} em nome de {{ issuer.name }}.",
    },
    test: LetterWords {
        subject: "Mensagem de teste de {account}",
        paragraphs: &[
            "Esta é uma mensagem de teste. O envio de correio eletrónico de {account} funciona.",
            "Foi enviada em {date}.",
        ],
    },
    alarm: AlarmWords {
        expiring: [
            "O certificado {alias} expira hoje",
            "O certificado {alias} expira amanhã",
            "O certificado {alias} expira dentro de {days} dias",
        ],
        expiring_text: &[
            "O certificado da credencial {alias} ({subject}) expira em {date}. A partir dessa data não é possível selar com ele.",
            "Peça um novo certificado e registe-o antes dessa data.",
        ],
        expired: LetterWords {
            subject: "O certificado {alias} expirou",
            paragraphs: &[
                "O certificado da credencial {alias} ({subject}) expirou em {date}. Já não é possível selar com ele.",
                "Registe um novo certificado para voltar a selar.",
            ],
        },
        algorithm_ending: LetterWords {
            subject: "{what} de {alias} termina em {date}",
            paragraphs: &[
                "Os selos da credencial {alias} assentam em {what}, aceite até {date} ({source}). Depois disso podem ser recusados na verificação.",
                "Peça antes dessa data um certificado para outra chave, ou indique outro algoritmo de assinatura.",
            ],
        },
        algorithm_ended: LetterWords {
            subject: "{what} de {alias} terminou em {date}",
            paragraphs: &[
                "Os selos da credencial {alias} assentam em {what}, aceite até {date} ({source}). Podem ser recusados na verificação.",
                "Peça um certificado para outra chave, ou indique outro algoritmo de assinatura.",
            ],
        },
        grant_ending: LetterWords {
            subject: "O acesso à chave {alias} termina em {date}",
            paragraphs: &[
                "A autorização da entidade certificadora para usar a chave da credencial {alias} termina em {date}.",
                "Renove-a antes dessa data; caso contrário, não será possível selar com esta credencial.",
            ],
        },
        grant_ended: LetterWords {
            subject: "O acesso à chave {alias} terminou",
            paragraphs: &[
                "A autorização da entidade certificadora para usar a chave da credencial {alias} terminou: a data de fim é {date}, ou as assinaturas permitidas foram todas utilizadas.",
                "Renove-a para continuar a selar com esta credencial.",
            ],
        },
        grant_used: LetterWords {
            subject: "Acesso à chave {alias}: {percent}% das assinaturas utilizadas",
            paragraphs: &[
                "Foram utilizadas {percent}% das assinaturas que a entidade certificadora permite com a chave da credencial {alias}.",
                "Renove a autorização a tempo; caso contrário, não será possível selar com esta credencial.",
            ],
        },
        key_quarantined: LetterWords {
            subject: "A chave de {alias} assinou mal",
            paragraphs: &[
                "A chave da credencial {alias} respondeu em {date} com um valor de assinatura que o seu certificado não verifica. O valor foi rejeitado; a chave não é usada até que a liberte.",
                "Apure a causa: pergunte ao fabricante do token e consulte o registo do serviço. Depois: chancery keys release --credential {alias}. O que espera é selado logo a seguir.",
            ],
        },
        usage_near: LetterWords {
            subject: "{company} utilizou {percent}% do seu limite",
            paragraphs: &[
                "{company} selou {used} de {limit} documentos no período que termina em {date}.",
                "Acorde um limite mais alto se este não for suficiente.",
            ],
        },
        period_near: LetterWords {
            subject: "Decorreram {percent}% do período de {company}",
            paragraphs: &[
                "O período de {company} termina em {date}. Até agora foram selados {used} de {limit} documentos.",
                "Acorde o próximo a tempo.",
            ],
        },
        usage_exceeded: LetterWords {
            subject: "{company} ultrapassou o seu limite",
            paragraphs: &[
                "{company} selou {used} documentos; o limite para o período que termina em {date} é de {limit}.",
                "Acorde um limite mais alto.",
            ],
        },
        usage_ended: LetterWords {
            subject: "O período de {company} terminou",
            paragraphs: &[
                "O período de {company} terminou em {date}, com {used} de {limit} documentos selados.",
                "Acorde um novo período.",
            ],
        },
        mail_closed: LetterWords {
            subject: "O envio de correio de {account} está parado",
            paragraphs: &[
                "O servidor de correio de {account} não aceita mensagens desde {date}. Última resposta: {words}",
                "As mensagens são guardadas e o envio é repetido. Verifique o servidor, a porta, o utilizador e a palavra-passe da conta.",
            ],
        },
        authority_away: LetterWords {
            subject: "A autoridade de selos temporais {name} não dá selos",
            paragraphs: &[
                "A autoridade de selos temporais {name} não deu nenhum selo desde {date}. Motivo: {words}",
                "Se houver outra autoridade, é perguntada; caso contrário os documentos esperam ou falham, conforme a definição do seu serviço cliente. Pergunte-lhe com: chancery check",
            ],
        },
        source_away: LetterWords {
            subject: "Em {name} nada de útil se diz dos certificados",
            paragraphs: &[
                "Em {name} nada de útil foi dito dos certificados desde {date}. Motivo: {words}",
                "Os documentos nos níveis LT e LTA são selados com o que foi dito antes enquanto for válido, ou com o que outro endereço disser; caso contrário esperam ou falham, conforme a definição do seu serviço cliente. Pergunte ali com: chancery check",
            ],
        },
        credential_revoked: LetterWords {
            subject: "O certificado de selo {alias} foi revogado",
            paragraphs: &[
                "O emissor do certificado de selo {alias}, ou uma autoridade acima, diz que foi revogado; sabe-se desde {date}. Resposta: {words}",
                "O certificado está desativado e nada mais é selado com ele. Pergunte o motivo à sua autoridade de certificação e importe outro. Se foi um erro já corrigido: chancery credential enable --alias {alias}",
            ],
        },
        test_authority: LetterWords {
            subject: "Certificados de teste em uso: {what}",
            paragraphs: &[
                "Na configuração ou nos certificados deste serviço há algo de uma autoridade de teste: {what}. O serviço é acessível a partir de outras máquinas; mais ninguém acredita em tais selos e selos temporais.",
                "Substitua-o pelo de uma autoridade verdadeira. Mais detalhes: chancery check",
            ],
        },
        mails_at_limit: LetterWords {
            subject: "{client} atingiu o limite de mensagens",
            paragraphs: &[
                "{client} pode mandar enviar {limit} mensagens para {what} em 24 horas e atingiu esse limite. Pedidos com mais destinatários são recusados até {date}.",
                "Aumente o limite se estes envios forem desejados.",
            ],
        },
        logins_failing: LetterWords {
            subject: "Falham autenticações de {who}",
            paragraphs: &[
                "Desde {date} falharam {failures} autenticações de {who}, a última a partir de {address}.",
                "Verifique se um cliente usa um segredo antigo ou se alguém tenta adivinhá-lo. As tentativas são abrandadas automaticamente; um segredo é substituído de imediato com chancery client-service rotate-secret --only.",
            ],
        },
        sign_ins_failing: LetterWords {
            subject: "Falha a entrada de {who}",
            paragraphs: &[
                "Desde {date} falharam {failures} tentativas de entrar na administração como {who}, a última a partir de {address}.",
                "Pergunte à pessoa se foi ela. Se não, alguém tenta adivinhar: as tentativas são abrandadas automaticamente e ninguém fica bloqueado. Uma palavra-passe conhecida retira-se com chancery person reset.",
            ],
        },
        seals_withheld: LetterWords {
            subject: "Os selos de {alias} estão retidos",
            paragraphs: &[
                "Desde {date} há selos de {alias} que não passam na verificação antes da entrega e não foram entregues. O que se encontrou no último: {words}",
                "Os documentos falharam com seal-check-failed; o registo indica-os. Envie-os de novo após uma atualização ou com outras definições, e avise os autores do Chancery.",
            ],
        },
        queue_old: LetterWords {
            subject: "Há mensagens à espera desde {date}",
            paragraphs: &[
                "Mensagens à espera de envio: {waiting}. A mais antiga espera desde {date}.",
                "Verifique se o processamento em segundo plano está ativo e se o servidor de correio e os endereços de destino respondem.",
            ],
        },
        operations_old: LetterWords {
            subject: "Há operações por concluir desde {date}",
            paragraphs: &[
                "Operações por concluir: {waiting}. A mais antiga foi aceite em {date}.",
                "Verifique se as chaves e a base de dados respondem, e consulte o registo do serviço.",
            ],
        },
        evidence_overdue: LetterWords {
            subject: "Há documentos preservados ainda sem prova",
            paragraphs: &[
                "O documento mais antigo sem registo de evidência foi selado em {date}.",
                "Recebem-no logo que uma autoridade de selos temporais responda; entretanto nada se perde. Pergunte com: chancery check, e consulte o registo do serviço.",
            ],
        },
        renewal_overdue: LetterWords {
            subject: "As provas não são renovadas e terminam em {date}",
            paragraphs: &[
                "Aquilo em que assenta um selo temporal de documentos preservados termina em {date}: o certificado da sua autoridade ou um algoritmo. Passou metade do prazo para o renovar.",
                "Depois desse dia já nada prova. Pergunte às autoridades de selos temporais com: chancery check, e consulte o registo do serviço.",
            ],
        },
        operations_crash: LetterWords {
            subject: "O serviço terminou várias vezes durante a execução de operações",
            paragraphs: &[
                "Operações em causa: {waiting}. Os respetivos documentos são agora processados um a um; aquele com que o serviço termina vezes de mais é posto de lado.",
                "Consulte o registo do serviço. O comando chancery operation end termina uma operação à mão.",
            ],
        },
        clock_wrong: LetterWords {
            subject: "O relógio de uma máquina que sela está errado",
            paragraphs: &[
                "Saltou ou difere do relógio da base de dados. Segundos: {seconds}.",
                "Verifique a sincronização da hora da máquina. Enquanto os dois diferirem em mais de um minuto nada é selado; as operações esperam.",
            ],
        },
    },
    invitation: InvitationWords {
        subject: "A sua conta na Chancery",
        before: "{name}, foi criada uma conta para si. Inicia sessão com o seu endereço de e-mail, {address}.",
        link: "Definir a sua palavra-passe",
        behind: "A ligação destina-se só a si e funciona uma única vez, até {date}. Se não sabe do que se trata, não faça nada.",
    },
    footer_alarm: "Enviado automaticamente pelo Chancery.",
    page: PageWords {
        autonym: "Português",
        languages: "Idioma",
        skip: "Ir para os documentos",
        title: "Documentos selados",
        heading: "Documentos de {issuer}",
        reference: "Referência",
        description: "Descrição",
        vat_number: "NIF",
        documents: "Documentos",
        name: "Documento",
        size: "Tamanho",
        sealed_by: "Selado por",
        sealed_at: "Selado em",
        not_sealed: "Não selado",
        fingerprint: "Impressão digital (SHA-256)",
        download: "Transferir",
        download_all: "Transferir todos (ZIP, {size})",
        gone: "Já não se encontra guardado",
        expires: "Esta página é pessoal e está disponível até {date}.",
        expired_title: "Esta ligação expirou",
        expired_text: "A ligação foi válida até {date}. Peça uma nova à empresa que a enviou.",
        unknown_title: "Esta ligação não funciona",
        unknown_text: "A ligação está incompleta ou já não é válida. Copie o endereço completo da mensagem ou peça uma nova ligação à empresa que a enviou.",
        busy_title: "Demasiados pedidos",
        busy_text: "Tente novamente dentro de {seconds} segundos.",
        fault_title: "Não é possível mostrar a página",
        fault_text: "Ocorreu um problema do nosso lado. Tente novamente dentro de alguns minutos.",
    },
    sample: Sample {
        issuer: "Exemplo Comércio, Lda.",
        vat_number: "PT123456789",
        description: "Faturas de novembro",
        pdf: "fatura-2026-0042.pdf",
        xml: "fatura-2026-0042.xml",
    },
};
