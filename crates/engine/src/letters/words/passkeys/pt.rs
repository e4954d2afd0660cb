//! Portuguese.

use super::PasskeyWords;

pub(super) const WORDS: PasskeyWords = PasskeyWords {
    passkeys: "Chaves de acesso",
    text: "Uma chave de acesso está no seu telemóvel, no seu computador, numa chave de segurança ou num gestor de palavras-passe. Com ela entra sem palavra-passe e sem código.",
    none: "Não tem nenhuma.",
    add: "Adicionar uma chave de acesso",
    add_text: "Dê-lhe um nome pelo qual a reconheça. O seu navegador pergunta depois onde a guardar.",
    name: "Nome",
    name_hint: "Por exemplo, o dispositivo onde está.",
    name_wrong: "É preciso um nome, com no máximo {most} caracteres.",
    known: "Alguém já tem esta chave de acesso.",
    many: "Ninguém tem mais de {most} chaves de acesso. Remova primeiro uma.",
    wrong: "A chave de acesso não foi adicionada: o que o navegador enviou não serve ou demorou demasiado. Tente novamente.",
    added: "Adicionada",
    used: "Última utilização",
    never: "Nunca",
    copied: "Pode estar em vários dispositivos",
    single: "Num só dispositivo",
    remove: "Remover",
    remove_text: "{name} deixa de dar entrada e as suas outras sessões terminam. A chave de acesso fica no dispositivo até a remover também lá.",
    last: "Este é o seu único segundo passo. Configure primeiro uma aplicação de códigos ou adicione outra chave de acesso.",
    use_one: "Usar uma chave de acesso",
    stopped: "O navegador não deu nenhuma chave de acesso. Tente novamente ou siga outro caminho.",
    known_here: "Este dispositivo já tem uma chave de acesso para a sua conta.",
    script: "Esta página precisa de um script que o seu navegador não executa. Uma aplicação de códigos funciona sem ele.",
    not_possible: "As chaves de acesso precisam de um nome no endereço público do serviço (web.public_url), não de um número.",
    sign_in_wrong: "Esta chave de acesso não serve ou passou demasiado tempo. Tente novamente ou entre com a sua palavra-passe.",
    instead: "Ou adicione uma chave de acesso em vez da aplicação",
};
