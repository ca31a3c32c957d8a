//! Reasons, gaps and warnings in plain words, in Spanish, English and Portuguese.

use super::{Finding, Gap, Place, Reason, Verdict, Warning};
use crate::language::Language;

/// Something that can be said to a person in a sentence.
pub trait Say {
    /// One plain sentence, without jargon where the language allows.
    fn say(&self, language: Language) -> String;
}

macro_rules! say {
    ($language:expr, $es:literal, $en:literal, $pt:literal $(,)?) => {
        match $language {
            Language::Es => format!($es),
            Language::En => format!($en),
            Language::Pt => format!($pt),
        }
    };
}

impl Say for Verdict {
    fn say(&self, language: Language) -> String {
        match self {
            Self::Accepted(_) => say!(language, "Aceptada", "Accepted", "Aceita"),
            Self::Rejected { .. } => say!(language, "Rechazada", "Rejected", "Rejeitada"),
            Self::Undetermined { .. } => say!(language, "Sin determinar", "Undetermined", "Indeterminada"),
        }
    }
}

impl<T: Say> Say for Finding<T> {
    fn say(&self, language: Language) -> String {
        let what = self.what.say(language);
        match self.place {
            Place::Presentation | Place::Credential(0) => what,
            Place::Credential(index) => {
                let number = index + 1;
                say!(language, "Credencial {number}: {what}", "Credential {number}: {what}", "Credencial {number}: {what}")
            }
        }
    }
}

impl Say for Reason {
    fn say(&self, language: Language) -> String {
        match self {
            Self::Malformed { fault } => say!(
                language,
                "No está bien formada: {fault}.",
                "It is not well formed: {fault}.",
                "Não está bem formada: {fault}."
            ),
            Self::NotSecured => say!(language, "Nadie la firmó.", "Nobody signed it.", "Ninguém a assinou."),
            Self::InvalidDid { did } => say!(
                language,
                "El identificador {did} no puede existir.",
                "The identifier {did} cannot exist.",
                "O identificador {did} não pode existir."
            ),
            Self::Deactivated { did } => say!(
                language,
                "El emisor dio de baja su identidad {did}.",
                "The issuer has given up its identity {did}.",
                "O emissor encerrou sua identidade {did}."
            ),
            Self::KeyNotInDocument { method } => say!(
                language,
                "El emisor nunca publicó la clave {method}.",
                "The issuer has never published the key {method}.",
                "O emissor nunca publicou a chave {method}."
            ),
            Self::SignerMismatch { claimed, signer } => say!(
                language,
                "Dice ser de {claimed}, pero la firmó {signer}.",
                "It claims to be by {claimed}, but {signer} signed it.",
                "Diz ser de {claimed}, mas quem assinou foi {signer}."
            ),
            Self::WrongPurpose { method, needed } => say!(
                language,
                "La clave {method} no sirve para esto ({needed}).",
                "The key {method} is not for this ({needed}).",
                "A chave {method} não serve para isto ({needed})."
            ),
            Self::WrongAlgorithm { method } => say!(
                language,
                "El algoritmo no es el de la clave {method}.",
                "The algorithm is not that of the key {method}.",
                "O algoritmo não é o da chave {method}."
            ),
            Self::KeyRevoked { at, .. } => say!(
                language,
                "La clave que firmó ya estaba revocada desde {at}.",
                "The key that signed had been revoked on {at}.",
                "A chave que assinou já estava revogada desde {at}."
            ),
            Self::KeyStolen { at, .. } => say!(
                language,
                "La clave que firmó se denunció robada el {at}, y nada muestra que firmara antes.",
                "The key that signed was reported stolen on {at}, and nothing shows that it signed before.",
                "A chave que assinou foi denunciada como roubada em {at}, e nada mostra que assinou antes."
            ),
            Self::KeyExpired { at, .. } => say!(
                language,
                "La clave que firmó ya había vencido el {at}.",
                "The key that signed had expired on {at}.",
                "A chave que assinou já havia vencido em {at}."
            ),
            Self::KeyFromLater { at, .. } => say!(
                language,
                "Dice haberse firmado antes de que existiera la clave ({at}).",
                "It claims to have been signed before the key existed ({at}).",
                "Diz ter sido assinada antes de a chave existir ({at})."
            ),
            Self::ProofExpired { at } => {
                say!(language, "La firma valía hasta {at}.", "The signature was good until {at}.", "A assinatura valia até {at}.")
            }
            Self::ProofFromFuture { at } => say!(
                language,
                "La firma lleva una fecha futura: {at}.",
                "The signature is dated in the future: {at}.",
                "A assinatura tem data futura: {at}."
            ),
            Self::BadSignature => say!(
                language,
                "El contenido no es el que se firmó: fue alterado o es falso.",
                "The content is not what was signed: it was altered or forged.",
                "O conteúdo não é o que foi assinado: foi alterado ou é falso."
            ),
            Self::UndefinedTerm { term } => say!(
                language,
                "El dato «{term}» no está definido y la firma no lo cubre.",
                "The claim \"{term}\" is not defined, so the signature does not cover it.",
                "O dado «{term}» não está definido e a assinatura não o cobre."
            ),
            Self::ResourceMismatch { url } => say!(
                language,
                "El recurso {url} no es el que se usó al emitirla.",
                "The resource {url} is not the one it was issued with.",
                "O recurso {url} não é o que foi usado ao emiti-la."
            ),
            Self::SchemaMismatch { schema, at } => say!(
                language,
                "No cumple el esquema {schema} (en «{at}»).",
                "It does not follow the schema {schema} (at \"{at}\").",
                "Não segue o esquema {schema} (em «{at}»)."
            ),
            Self::NotYetValid { from } => {
                say!(
                    language,
                    "Será válida a partir de {from}.",
                    "It will be valid from {from}.",
                    "Será válida a partir de {from}."
                )
            }
            Self::Expired { until } => say!(language, "Venció el {until}.", "It expired on {until}.", "Venceu em {until}."),
            Self::Revoked { .. } => say!(language, "El emisor la revocó.", "The issuer has revoked it.", "O emissor a revogou."),
            Self::Suspended { .. } => say!(
                language,
                "El emisor la suspendió por ahora.",
                "The issuer has suspended it for now.",
                "O emissor a suspendeu por enquanto."
            ),
            Self::WrongNonce => say!(
                language,
                "Responde a otro pedido: puede ser una copia.",
                "It answers another request: it may be a copy.",
                "Responde a outro pedido: pode ser uma cópia."
            ),
            Self::NonceUsed => say!(
                language,
                "Ese pedido ya fue respondido, o nunca se hizo.",
                "That request has been answered already, or was never made.",
                "Esse pedido já foi respondido, ou nunca foi feito."
            ),
            Self::WrongAudience { .. } => {
                say!(
                    language,
                    "Fue hecha para otro verificador.",
                    "It was made for another verifier.",
                    "Foi feita para outro verificador."
                )
            }
            Self::HolderNotSubject { .. } => say!(
                language,
                "Quien la presenta no es su titular.",
                "The one who presents it is not the one it is about.",
                "Quem a apresenta não é o titular."
            ),
            Self::NotAPresentation => say!(
                language,
                "Es una copia suelta: se esperaba que la presentara su titular.",
                "It is a bare copy: its holder was expected to present it.",
                "É uma cópia avulsa: esperava-se que o titular a apresentasse."
            ),
            Self::HolderBindingMissing => say!(
                language,
                "Su titular no la firmó al presentarla: puede ser una copia.",
                "Its holder has not signed it for this occasion: it may be a copy.",
                "O titular não a assinou ao apresentá-la: pode ser uma cópia."
            ),
            Self::HolderBindingBad { fault } => say!(
                language,
                "La firma de su titular no vale: {fault}.",
                "Its holder's signature does not stand: {fault}.",
                "A assinatura do titular não vale: {fault}."
            ),
            Self::TypeNotFollowed { fault } => say!(
                language,
                "No cumple las reglas de su tipo: {fault}.",
                "It does not follow the rules of its type: {fault}.",
                "Não segue as regras do seu tipo: {fault}."
            ),
        }
    }
}

impl Say for Gap {
    fn say(&self, language: Language) -> String {
        match self {
            Self::Unresolved { did, why } => say!(
                language,
                "No se pudo averiguar quién es {did} ({why}).",
                "Who {did} is could not be found out ({why}).",
                "Não foi possível saber quem é {did} ({why})."
            ),
            Self::ResolutionStale { did, as_of } => say!(
                language,
                "Lo que se sabe de {did} es de {as_of}: demasiado viejo.",
                "What is known of {did} is from {as_of}: too old.",
                "O que se sabe de {did} é de {as_of}: velho demais."
            ),
            Self::MissingContext { url } => say!(
                language,
                "Falta el vocabulario {url}.",
                "The vocabulary {url} is not at hand.",
                "Falta o vocabulário {url}."
            ),
            Self::UnsignedName { term } => say!(
                language,
                "El nombre del dato «{term}» no está firmado: solo lo está su significado.",
                "The name of the claim \"{term}\" is not signed: only its meaning is.",
                "O nome do dado «{term}» não está assinado: só o significado está."
            ),
            Self::MissingTable { table } => say!(
                language,
                "Falta la tabla {table} con que se escribió el código: actualice los datos de confianza.",
                "The table {table} that the code was written with is not at hand: update the trust data.",
                "Falta a tabela {table} com que o código foi escrito: atualize os dados de confiança."
            ),
            Self::Unsupported { what } => say!(
                language,
                "Esta versión no conoce {what}: actualice la aplicación.",
                "This version does not know {what}: update the app.",
                "Esta versão não conhece {what}: atualize o aplicativo."
            ),
            Self::StatusMissing { .. } => say!(
                language,
                "No se pudo consultar si fue revocada.",
                "Whether it was revoked could not be looked up.",
                "Não foi possível consultar se foi revogada."
            ),
            Self::StatusStale { as_of, .. } => say!(
                language,
                "La lista de revocación es de {as_of}: demasiado vieja.",
                "The revocation list is from {as_of}: too old.",
                "A lista de revogação é de {as_of}: velha demais."
            ),
            Self::StatusNotGood { why, .. } => say!(
                language,
                "La lista de revocación no es de fiar: {why}",
                "The revocation list does not stand: {why}",
                "A lista de revogação não é confiável: {why}"
            ),
            Self::SchemaMissing { schema } => {
                say!(language, "Falta el esquema {schema}.", "The schema {schema} is not at hand.", "Falta o esquema {schema}.")
            }
            Self::SchemaNotGood { schema, why } => say!(
                language,
                "El esquema {schema} no se puede aplicar: {why}.",
                "The schema {schema} cannot be evaluated: {why}.",
                "O esquema {schema} não pode ser aplicado: {why}."
            ),
            Self::SigningTimeUnproven { ended, .. } => say!(
                language,
                "La clave que firmó se retiró el {ended}, y nada prueba que firmara antes.",
                "The key that signed was retired on {ended}, and nothing proves that it signed before.",
                "A chave que assinou foi retirada em {ended}, e nada prova que assinou antes."
            ),
            Self::UnknownIssuer { issuer } => say!(
                language,
                "La firma es buena, pero nadie responde por el emisor {issuer}.",
                "The signature is good, but nobody vouches for the issuer {issuer}.",
                "A assinatura é boa, mas ninguém responde pelo emissor {issuer}."
            ),
            Self::NotAccredited { issuer, at } => say!(
                language,
                "La firma es buena, pero el emisor {issuer} no estaba acreditado para esto el {at}.",
                "The signature is good, but the issuer {issuer} was not accredited for this on {at}.",
                "A assinatura é boa, mas o emissor {issuer} não estava credenciado para isto em {at}."
            ),
            Self::AccreditationUnproven { issuer, ended } => say!(
                language,
                "La acreditación de {issuer} terminó el {ended}, y nada prueba que firmara antes.",
                "The accreditation of {issuer} ended on {ended}, and nothing proves that it signed before.",
                "O credenciamento de {issuer} terminou em {ended}, e nada prova que assinou antes."
            ),
            Self::AccreditationMissing { issuer, why } => say!(
                language,
                "No se pudo averiguar quién acreditó a {issuer} ({why}).",
                "Who accredited {issuer} could not be found out ({why}).",
                "Não foi possível saber quem credenciou {issuer} ({why})."
            ),
            Self::NotAnchored { issuer } => say!(
                language,
                "Nada prueba cuándo la firmó {issuer}: no está anclada en el registro.",
                "Nothing proves when {issuer} signed it: it is not anchored on the registry.",
                "Nada prova quando {issuer} a assinou: não está ancorada no registro."
            ),
            Self::AnchorMissing { issuer, why } => say!(
                language,
                "No se pudo averiguar cuándo la ancló {issuer} ({why}).",
                "When {issuer} anchored it could not be found out ({why}).",
                "Não foi possível saber quando {issuer} a ancorou ({why})."
            ),
            Self::FreshnessUnchecked => say!(
                language,
                "No se indicó a qué pedido responde: podría ser una copia.",
                "Which request it answers was not given: it could be a copy.",
                "Não se indicou a qual pedido responde: poderia ser uma cópia."
            ),
            Self::TooMuchWork => say!(
                language,
                "Leerla exige más trabajo que cualquier credencial honesta.",
                "Reading it takes more work than any honest credential does.",
                "Lê-la exige mais trabalho que qualquer credencial honesta."
            ),
            Self::IssuerKeysMissing { issuer, why } => say!(
                language,
                "No se pudieron consultar las claves del emisor {issuer} ({why}).",
                "The keys of the issuer {issuer} could not be looked up ({why}).",
                "Não foi possível consultar as chaves do emissor {issuer} ({why})."
            ),
            Self::IssuerKeysStale { issuer, as_of } => say!(
                language,
                "Lo que se sabe de las claves de {issuer} es de {as_of}: demasiado viejo.",
                "What is known of the keys of {issuer} is from {as_of}: too old.",
                "O que se sabe das chaves de {issuer} é de {as_of}: velho demais."
            ),
            Self::UnknownAuthority { subject } => say!(
                language,
                "Ninguna autoridad de confianza responde por el certificado de {subject}.",
                "No trusted authority stands behind the certificate of {subject}.",
                "Nenhuma autoridade de confiança responde pelo certificado de {subject}."
            ),
        }
    }
}

impl Say for Warning {
    fn say(&self, language: Language) -> String {
        match self {
            Self::IssuerNotKnown { issuer } => say!(
                language,
                "Nadie responde por el emisor {issuer}: compruebe quién es.",
                "Nobody vouches for the issuer {issuer}: check who it is.",
                "Ninguém responde pelo emissor {issuer}: verifique quem é."
            ),
            Self::Bearer => say!(
                language,
                "Es una copia que cualquiera puede llevar: pida el documento con foto.",
                "It is a copy that anybody may carry: ask for a photo ID.",
                "É uma cópia que qualquer um pode portar: peça o documento com foto."
            ),
            Self::SigningTimeClaimed { ended, .. } => say!(
                language,
                "La clave se retiró el {ended}; la fecha de la firma es palabra del emisor.",
                "The key was retired on {ended}; the date of signing is the issuer's own word.",
                "A chave foi retirada em {ended}; a data da assinatura é palavra do emissor."
            ),
            Self::AccreditationEnded { issuer, ended } => say!(
                language,
                "La acreditación de {issuer} terminó el {ended}; la fecha de la firma es palabra suya.",
                "The accreditation of {issuer} ended on {ended}; the date of signing is its own word.",
                "O credenciamento de {issuer} terminou em {ended}; a data da assinatura é palavra dele."
            ),
            Self::AnchorNotFound { issuer } => say!(
                language,
                "Dice estar anclada por {issuer}, y el registro no lo sabe.",
                "It says that {issuer} anchored it, and the registry does not know of that.",
                "Diz estar ancorada por {issuer}, e o registro não sabe disso."
            ),
            Self::UncheckedProof { mechanism } => say!(
                language,
                "Lleva además una firma de un tipo que esta versión no conoce ({mechanism}).",
                "It also carries a signature of a kind this version does not know ({mechanism}).",
                "Traz também uma assinatura de um tipo que esta versão não conhece ({mechanism})."
            ),
            Self::Believed { did } => say!(
                language,
                "Lo que el registro dice de {did} se creyó, no se comprobó.",
                "What the registry says of {did} was believed, not proven.",
                "O que o registro diz de {did} foi acreditado, não comprovado."
            ),
            Self::ContextNotAtHand { url } => say!(
                language,
                "Falta el vocabulario {url}: qué significan sus datos no se comprobó.",
                "The vocabulary {url} is not at hand: what its claims mean was not checked.",
                "Falta o vocabulário {url}: o significado dos dados não foi verificado."
            ),
            Self::TermNotDefined { term } => say!(
                language,
                "El dato «{term}» está firmado, pero su significado no está definido.",
                "The claim \"{term}\" is signed, but its meaning is not defined.",
                "O dado «{term}» está assinado, mas seu significado não está definido."
            ),
            Self::ResourceNotChecked { url } => say!(
                language,
                "No se comprobó el recurso {url}, que no está a mano.",
                "The resource {url} is not at hand and was not checked.",
                "O recurso {url} não está à mão e não foi verificado."
            ),
            Self::SchemaNotChecked { schema, why } => say!(
                language,
                "No se comprobó el esquema {schema}: {why}.",
                "The schema {schema} was not checked: {why}.",
                "O esquema {schema} não foi verificado: {why}."
            ),
            Self::StatusMessage { meaning, value, .. } => say!(
                language,
                "El emisor anota sobre su estado: {meaning} ({value}).",
                "The issuer notes about its state: {meaning} ({value}).",
                "O emissor anota sobre seu estado: {meaning} ({value})."
            ),
            Self::RefreshAvailable { .. } => say!(
                language,
                "El emisor tiene una versión más nueva: pida que la actualicen.",
                "The issuer has a newer version: ask for it to be renewed.",
                "O emissor tem uma versão mais nova: peça que a atualizem."
            ),
            Self::Profile { fault } => say!(
                language,
                "No cumple su perfil: {fault}.",
                "It does not follow its profile: {fault}.",
                "Não segue seu perfil: {fault}."
            ),
            Self::IssuerBelieved { issuer } => say!(
                language,
                "Las claves de {issuer} son las que da hoy su servidor: nada las comprueba.",
                "The keys of {issuer} are what its server says today: nothing proves them.",
                "As chaves de {issuer} são as que seu servidor dá hoje: nada as comprova."
            ),
            Self::CertificateBelieved { subject } => say!(
                language,
                "No se consultó si el certificado de {subject} fue revocado.",
                "Whether the certificate of {subject} was revoked was not looked up.",
                "Não se consultou se o certificado de {subject} foi revogado."
            ),
        }
    }
}
