//! Help in Portuguese.

use super::{HelpWords, TopicWords};
use crate::domain::error_topic::ErrorTopic;

pub(super) const WORDS: HelpWords = HelpWords {
    help: "Ajuda",
    text: "O que fazem as teclas, o que significa cada erro e quem o pode resolver.",
    keys: "Teclas",
    key: "Tecla",
    does: "O que faz",
    keys_text: "Servem em todas as páginas, mas não enquanto se escreve.",
    key_help: "mostra as teclas",
    key_search: "vai para a pesquisa",
    key_go: "vai para a primeira página, as operações, os serviços cliente",
    key_tab: "avança, e recua com Shift",
    key_enter: "abre, ou envia o formulário",
    key_escape: "fecha o que está aberto",
    single: "Teclas simples neste dispositivo",
    single_text: "Quem dita, ou toca em teclas sem querer, desliga-as.",
    close: "Fechar",
    errors: "Erros",
    errors_text: "Conforme o que correu mal. Os nomes são os que estão junto de um documento e nas respostas a programas.",
    means: "O que significa",
    todo: "O que fazer",
    same: "Erros do mesmo tipo",
    with_it: "Operações com este erro",
    unknown: "Não há nenhum erro com esse nome.",
    explain: "O que isto significa",
};

#[expect(clippy::too_many_lines, reason = "it is a table, row by row")]
pub(super) const fn topic(topic: ErrorTopic) -> TopicWords {
    match topic {
        ErrorTopic::FileDamaged => TopicWords {
            title: "O ficheiro está danificado",
            meaning: "O ficheiro está vazio, cortado, danificado ou ilegível como aquilo que é. Não foi selado e nada foi enviado a ninguém.",
            todo: "Peça que o programa de origem o gere de novo, abra-o uma vez para confirmar e envie-o outra vez. Pode usar-se a mesma referência.",
        },
        ErrorTopic::FileTooLarge => TopicWords {
            title: "O ficheiro é grande ou complicado demais",
            meaning: "O ficheiro tem mais bytes, partes ou níveis do que este serviço aceita, ou precisa de mais trabalho do que um documento pode ter.",
            todo: "Peça que o enviem mais pequeno: imagens menores, menos anexos ou vários ficheiros. Quem opera o serviço pode subir alguns limites.",
        },
        ErrorTopic::FileProtected => TopicWords {
            title: "O ficheiro está bloqueado ou contém o que não se sela",
            meaning: "O ficheiro pede palavra-passe, proíbe alterações, é um formulário que uma assinatura estragaria ou contém scripts ou outro conteúdo ativo.",
            todo: "Peça que o guardem sem proteção e sem conteúdo ativo (como PDF/A, por exemplo) e envie-o de novo.",
        },
        ErrorTopic::RuleBroken => TopicWords {
            title: "O documento viola as regras das faturas do seu tipo",
            meaning: "O documento lê-se, mas um destinatário ou uma autoridade recusá-lo-ia. A operação diz que regra, onde e em que linha.",
            todo: "Dê a regra e a linha a quem cuida do programa que escreve as faturas; envia-se de novo quando estiver corrigido.",
        },
        ErrorTopic::SignedAlready => TopicWords {
            title: "O documento já tem uma assinatura",
            meaning: "Uma assinatura existente não deixa lugar ao selo, ou o selo quebrá-la-ia.",
            todo: "Envie o documento como era antes de ser assinado. Quem cuida da integração também pode pedir um selo ao lado da assinatura (existingSignatures) ou num ficheiro à parte (DETACHED).",
        },
        ErrorTopic::Mislabelled => TopicWords {
            title: "O documento não é o que o pedido diz",
            meaning: "O nome, o tipo ou o formato do pedido não correspondem ao conteúdo do ficheiro.",
            todo: "Veja se foi enviado o ficheiro certo. Se sim, quem cuida da integração corrige contentType, o nome ou o tipo de assinatura.",
        },
        ErrorTopic::SealSettings => TopicWords {
            title: "Um selo assim não se pode fazer",
            meaning: "O pedido, ou as definições do serviço cliente, pedem um perfil, nível, lugar ou algoritmo que não existe, ou não para este documento.",
            todo: "Dê a frase que está junto do documento a quem cuida da integração; as definições do serviço cliente estão na sua página.",
        },
        ErrorTopic::VisibleSignature => TopicWords {
            title: "A imagem da assinatura não cabe",
            meaning: "A página, o campo, a palavra ou a área onde o selo devia ver-se não existe, ou o texto ou a imagem não cabe.",
            todo: "Quem cuida da integração corrige onde e como a assinatura se mostra, ou deixa a imagem de fora.",
        },
        ErrorTopic::Certificate => TopicWords {
            title: "O certificado de selo não pode ser usado",
            meaning: "Expirou, ainda não é válido, foi revogado ou desativado, ou nenhum está atribuído. Nenhum documento deste serviço cliente pode ser selado.",
            todo: "Avise já um administrador: em «{credentials}» renova-se, ativa-se ou atribui-se outro. O que espera é então selado sozinho; o que falhou é enviado de novo.",
        },
        ErrorTopic::Key => TopicWords {
            title: "A chave não assina",
            meaning: "O dispositivo que guarda a chave não respondeu, recusou ou respondeu mal.",
            todo: "Avise quem opera o serviço. Enquanto o dispositivo não responde, as operações esperam e continuam sozinhas; o que falhou é enviado de novo quando a chave assinar.",
        },
        ErrorTopic::OutsideAuthority => TopicWords {
            title: "Uma autoridade externa não responde",
            meaning: "A autoridade de selos temporais, ou quem diz se os certificados foram revogados, não respondeu a tempo.",
            todo: "Espere um pouco e envie o documento de novo. Se continuar, quem opera o serviço verifica a rede e acrescenta uma segunda autoridade.",
        },
        ErrorTopic::Suspended => TopicWords {
            title: "O serviço cliente ou a sua empresa está suspenso",
            meaning: "Alguém o suspendeu, com um motivo que está na sua página. Nada dele é selado até ser reativado.",
            todo: "Leia o motivo na página do serviço cliente ou da empresa. Quem pode reativa-o; depois os documentos são enviados de novo.",
        },
        ErrorTopic::Installation => TopicWords {
            title: "Uma falha deste serviço",
            meaning: "Correu mal algo que nem o remetente nem o destinatário podem resolver. Nada de errado saiu.",
            todo: "Avise quem opera o serviço, com o número da operação: o registo diz mais. Envie o documento de novo quando estiver resolvido.",
        },
        ErrorTopic::EndedByPerson => TopicWords {
            title: "Alguém terminou a operação",
            meaning: "Quem opera o serviço terminou-a antes de este documento ser selado.",
            todo: "Pergunte-lhe porquê. O documento pode ser enviado de novo com a mesma referência.",
        },
        ErrorTopic::RequestMalformed => TopicWords {
            title: "O pedido não foi entendido",
            meaning: "O que o programa do remetente enviou não é um pedido que este serviço leia. Nada foi registado e todas as referências continuam livres.",
            todo: "Dê a frase e o número do pedido a quem cuida da integração.",
        },
        ErrorTopic::ReferenceUsed => TopicWords {
            title: "A referência já está usada",
            meaning: "Já há aqui um documento ou pedido com esta referência e outro conteúdo. Assim nada é selado duas vezes.",
            todo: "Procure a referência: se é o documento pretendido, não há nada a fazer. Se não, o remetente dá outra referência ao novo.",
        },
        ErrorTopic::TooMuchAtOnce => TopicWords {
            title: "Demais de uma vez",
            meaning: "Pediu-se mais do que é permitido num minuto, numa hora ou num dia.",
            todo: "Espere o que a resposta diz; depois envia-se de novo. Quem opera o serviço pode subir o limite de um serviço cliente.",
        },
        ErrorTopic::NotLoggedIn => TopicWords {
            title: "O programa do remetente não tem sessão",
            meaning: "O seu acesso expirou, o seu segredo foi substituído, ou não pode fazer o que pediu.",
            todo: "Quem cuida da integração verifica alias e segredo. Um novo segredo faz-se na página do serviço cliente.",
        },
        ErrorTopic::NotThere => TopicWords {
            title: "Não existe",
            meaning: "O que se pediu não existe para este serviço cliente, ou o seu conteúdo já não é guardado.",
            todo: "Verifique a referência e o serviço cliente. O que já não é guardado só pode ser selado como documento novo.",
        },
        ErrorTopic::TooEarly => TopicWords {
            title: "Ainda não existe",
            meaning: "A operação ainda está em curso ou espera a próxima tentativa.",
            todo: "Espere: termina sozinha. A operação diz quando se tenta de novo; «{retry}» fá-lo já.",
        },
        ErrorTopic::MailNotSent => TopicWords {
            title: "O e-mail não pode ser enviado",
            meaning: "Ninguém está indicado que o possa receber, daqui não vão e-mails para esse endereço, ou nenhum documento está selado.",
            todo: "Corrija o endereço e envie de novo a partir da página da operação.",
        },
        ErrorTopic::WebhookRefused => TopicWords {
            title: "O webhook não pode ser configurado assim",
            meaning: "O seu endereço leva a um lugar que este serviço não chama, ou há demasiados.",
            todo: "Quem cuida da integração indica um endereço na internet com https, ou remove um que já não é preciso.",
        },
        ErrorTopic::NoAnswer => TopicWords {
            title: "Uma parte do serviço não respondeu",
            meaning: "A base de dados, a chave ou outra parte não estava. O que se pediu pode ter sido feito na mesma.",
            todo: "Procure primeiro a referência. O mesmo pedido pode ser enviado de novo sem dano: nada é selado duas vezes.",
        },
    }
}
