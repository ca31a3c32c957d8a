//! What the demo says between what it does, scene by scene, in three languages.

use wallet_core::language::Language;

use crate::words::words;

/// A scene's heading, what happens in it, and why it matters.
pub struct Scene {
    pub heading: String,
    pub happens: String,
    pub matters: String,
}

pub fn opening(l: Language, folder: &str) -> String {
    words!(
        l,
        "Three institutions give one citizen three credentials: an identity card, a diploma and a vaccination certificate.\n\
         She shows them as QR codes, and anybody can check them, with no network and without asking anybody.\n\
         Everything happens on this machine, in {folder}.",
        "Tres instituciones le dan a una ciudadana tres credenciales: una cédula de identidad, un título y un certificado de vacunación.\n\
         Ella las muestra como códigos QR y cualquiera puede comprobarlas, sin red y sin preguntarle a nadie.\n\
         Todo ocurre en esta máquina, en {folder}.",
        "Três instituições dão a uma cidadã três credenciais: uma carteira de identidade, um diploma e um certificado de vacinação.\n\
         Ela as mostra como códigos QR e qualquer pessoa pode conferi-las, sem rede e sem perguntar a ninguém.\n\
         Tudo acontece nesta máquina, em {folder}.",
    )
}

pub fn registry(l: Language) -> Scene {
    Scene {
        heading: words!(l, "1. The registry opens", "1. Se abre el registro", "1. O registro se abre"),
        happens: words!(
            l,
            "Each institution writes the key it signs with into a public registry: a chain of blocks that nobody can change afterwards.",
            "Cada institución anota la clave con la que firma en un registro público: una cadena de bloques que nadie puede cambiar después.",
            "Cada instituição anota a chave com que assina num registro público: uma cadeia de blocos que ninguém pode mudar depois.",
        ),
        matters: words!(
            l,
            "Only institutions are in it. Of the citizen, not one letter goes there.",
            "En él solo están las instituciones. De la ciudadana no se anota ni una letra.",
            "Nele só estão as instituições. Da cidadã não se anota nem uma letra.",
        ),
    }
}

pub fn issuing(l: Language, citizen: &str) -> Scene {
    Scene {
        heading: words!(
            l,
            "2. {citizen} receives three credentials",
            "2. {citizen} recibe tres credenciales",
            "2. {citizen} recebe três credenciais",
        ),
        happens: words!(
            l,
            "Each institution reads its own records and signs what it knows of her. Her wallet checks each one and seals it away.",
            "Cada institución lee sus propios registros y firma lo que sabe de ella. Su billetera comprueba cada credencial y la guarda sellada.",
            "Cada instituição lê seus próprios registros e assina o que sabe dela. A carteira dela confere cada credencial e a guarda selada.",
        ),
        matters: words!(
            l,
            "Every credential names a key that only her wallet has: a copy of it cannot speak for her.",
            "Cada credencial nombra una clave que solo tiene su billetera: una copia no puede hablar por ella.",
            "Cada credencial nomeia uma chave que só a carteira dela tem: uma cópia não pode falar por ela.",
        ),
    }
}

pub fn pictures(l: Language) -> Scene {
    Scene {
        heading: words!(l, "3. Each fits in one QR code", "3. Cada una cabe en un código QR", "3. Cada uma cabe num código QR"),
        happens: words!(
            l,
            "The whole credential with its signature is in the picture, not a link to a server.",
            "En la imagen está la credencial entera con su firma, no un enlace a un servidor.",
            "Na imagem está a credencial inteira com sua assinatura, não um link para um servidor.",
        ),
        matters: words!(
            l,
            "Fewer characters make larger dots, which a cheap phone reads from worn paper. A full diploma is more than that, so a \
             reduced one is issued beside it.",
            "Menos caracteres dan puntos más grandes, que un teléfono sencillo lee en un papel gastado. Un título completo es demasiado, así \
             que junto a él se emite uno reducido.",
            "Menos caracteres dão pontos maiores, que um telefone simples lê num papel gasto. Um diploma completo é demais, então junto a ele \
             se emite um reduzido.",
        ),
    }
}

pub fn checkpoint(l: Language) -> Scene {
    Scene {
        heading: words!(l, "4. A checkpoint without a network", "4. Un control sin red", "4. Um posto de controle sem rede"),
        happens: words!(
            l,
            "A guard loaded a trust pack this morning: the institutions' keys and lists of revoked credentials, signed. Now there is no \
             signal. The guard's phone reads each picture and judges it.",
            "Un guardia cargó a la mañana un paquete de confianza: las claves de las instituciones y las listas de credenciales \
             revocadas, firmado. Ahora no hay señal. Su teléfono lee cada imagen y la juzga.",
            "Um guarda carregou de manhã um pacote de confiança: as chaves das instituições e as listas de credenciais revogadas, \
             assinado. Agora não há sinal. O telefone dele lê cada imagem e a julga.",
        ),
        matters: words!(
            l,
            "Nobody is asked, so nobody learns where she goes.",
            "No se le pregunta a nadie, así que nadie sabe por dónde anda ella.",
            "Não se pergunta a ninguém, então ninguém sabe por onde ela anda.",
        ),
    }
}

pub fn altered(l: Language, from: &str, to: &str) -> Scene {
    Scene {
        heading: words!(l, "5. Somebody improves a diploma", "5. Alguien mejora un título", "5. Alguém melhora um diploma"),
        happens: words!(
            l,
            "One claim is edited: \"{from}\" becomes \"{to}\". The code is drawn again and scanned.",
            "Se edita un dato: «{from}» pasa a ser «{to}». Se dibuja el código de nuevo y se escanea.",
            "Um dado é editado: «{from}» vira «{to}». O código é desenhado de novo e escaneado.",
        ),
        matters: words!(l, "The signature covers every letter.", "La firma cubre cada letra.", "A assinatura cobre cada letra.",),
    }
}

pub fn revoked(l: Language) -> Scene {
    Scene {
        heading: words!(
            l,
            "6. The health unit takes one back",
            "6. El centro de salud revoca una",
            "6. O posto de saúde revoga uma",
        ),
        happens: words!(
            l,
            "The lot of the vaccine turns out to be spoilt, and the health unit revokes the certificate. The guard still has this \
             morning's pack, and then loads a new one.",
            "Resulta que el lote de la vacuna estaba en mal estado y el centro de salud revoca el certificado. El guardia todavía tiene el \
             paquete de la mañana; después carga uno nuevo.",
            "O lote da vacina estava estragado e o posto de saúde revoga o certificado. O guarda ainda tem o pacote da manhã; depois \
             carrega um novo.",
        ),
        matters: words!(
            l,
            "A verdict always says how old its evidence is. The list has room for 131,072 credentials, so that looking at it tells nobody which one is meant.",
            "Un veredicto siempre dice de cuándo son sus pruebas. La lista tiene lugar para 131 072 credenciales: mirarla no le dice a nadie cuál importa.",
            "Um veredito sempre diz de quando são suas provas. A lista tem lugar para 131.072 credenciais: olhá-la não diz a ninguém qual importa.",
        ),
    }
}

pub fn rotated(l: Language) -> Scene {
    Scene {
        heading: words!(
            l,
            "7. The university changes its key",
            "7. La universidad cambia de clave",
            "7. A universidade troca de chave",
        ),
        happens: words!(
            l,
            "The old key is revoked on the registry and a new one is published. A diploma signed with the new key comes beside the old one.",
            "La clave vieja se revoca en el registro y se publica una nueva. Junto al título viejo aparece uno firmado con la clave nueva.",
            "A chave antiga é revogada no registro e uma nova é publicada. Ao lado do diploma antigo aparece um assinado com a chave nova.",
        ),
        matters: words!(
            l,
            "The old diploma is not forged, and nothing proves its date: whoever stole the old key could write an earlier one. So it is \
             neither accepted nor rejected. A verifier that trusts the university's word on the date may say so, and is told what it rests on.",
            "El título viejo no es falso, pero nada prueba su fecha: quien robara la clave vieja podría escribir una anterior. Por eso ni se \
             acepta ni se rechaza. Un verificador que confíe en la fecha que da la universidad puede decirlo, y se le avisa en qué se apoya.",
            "O diploma antigo não é falso, mas nada prova sua data: quem roubasse a chave antiga poderia escrever uma anterior. Por isso nem \
             é aceito nem rejeitado. Um verificador que confie na data dada pela universidade pode dizê-lo, e é avisado em que se apoia.",
        ),
    }
}

pub fn presented(l: Language) -> Scene {
    Scene {
        heading: words!(
            l,
            "8. The library asks, and she answers",
            "8. La biblioteca pide y ella responde",
            "8. A biblioteca pede e ela responde"
        ),
        happens: words!(
            l,
            "The library sends a fresh random number with its request. Her wallet signs the answer to it with her own key. Then \
             somebody who listened plays the same answer again.",
            "La biblioteca envía con su pedido un número al azar. La billetera firma la respuesta con la clave de ella. Después, alguien \
             que escuchó repite la misma respuesta.",
            "A biblioteca envia com seu pedido um número ao acaso. A carteira assina a resposta com a chave dela. Depois, alguém que \
             escutou repete a mesma resposta.",
        ),
        matters: words!(
            l,
            "A printed code is a copy that anybody may carry. An answer to a request is hers alone, and good once.",
            "Un código impreso es una copia que cualquiera puede llevar. La respuesta a un pedido es solo de ella, y vale una vez.",
            "Um código impresso é uma cópia que qualquer um pode portar. A resposta a um pedido é só dela, e vale uma vez.",
        ),
    }
}

pub fn stolen(l: Language) -> Scene {
    Scene {
        heading: words!(l, "9. A key is stolen", "9. Roban una clave", "9. Roubam uma chave"),
        happens: words!(
            l,
            "The civil registry finds that its key was copied, and reports it stolen. Her card was anchored when it was issued: a \
             fingerprint of it, and of all the others of that day, stands on the chain as one number.",
            "El registro civil descubre que copiaron su clave y la denuncia como robada. La cédula de ella se ancló al emitirse: una \
             huella suya, y de todas las otras de ese día, está en la cadena como un solo número.",
            "O registro civil descobre que copiaram sua chave e a denuncia como roubada. A carteira dela foi ancorada ao ser emitida: uma \
             impressão dela, e de todas as outras daquele dia, está na cadeia como um só número.",
        ),
        matters: words!(
            l,
            "The thief writes whatever date he likes, so a date is worth nothing now. What carries the way to an older anchor stays good.",
            "El ladrón pone la fecha que quiere, así que ahora una fecha no vale nada. Lo que lleva el camino a un ancla anterior sigue valiendo.",
            "O ladrão põe a data que quiser, então agora uma data não vale nada. O que traz o caminho até uma âncora anterior continua valendo.",
        ),
    }
}

pub fn accredited(l: Language) -> Scene {
    Scene {
        heading: words!(l, "10. Who may say this", "10. Quién puede decir esto", "10. Quem pode dizer isto"),
        happens: words!(
            l,
            "A ministry accredits an agency, and the agency the university, on the registry. A fast academy that nobody accredited \
             signs a degree, too. The guard trusts the ministry, and nobody else by name.",
            "Un ministerio acredita a una agencia, y la agencia a la universidad, en el registro. Una academia veloz que nadie acreditó \
             también firma un título. El guardia confía en el ministerio, y en nadie más por su nombre.",
            "Um ministério credencia uma agência, e a agência a universidade, no registro. Uma academia veloz que ninguém credenciou \
             também assina um diploma. O guarda confia no ministério, e em ninguém mais pelo nome.",
        ),
        matters: words!(
            l,
            "A good signature says who signed, not that they may say such a thing. Who is unknown is not called a forger.",
            "Una firma buena dice quién firmó, no que pueda decir tal cosa. A quien no se conoce no se lo llama falsificador.",
            "Uma assinatura boa diz quem assinou, não que possa dizer tal coisa. Quem é desconhecido não é chamado de falsificador.",
        ),
    }
}

pub fn closing(l: Language, page: &str, home: &str) -> String {
    words!(
        l,
        "Open {page} to see and print the cards. The wallet, the issuers and the chain are in {home}; the demo's passphrase is \"demo\":",
        "Abra {page} para ver e imprimir las tarjetas. La billetera, los emisores y la cadena están en {home}; la contraseña de la demostración es «demo»:",
        "Abra {page} para ver e imprimir os cartões. A carteira, os emissores e a cadeia estão em {home}; a senha da demonstração é «demo»:",
    )
}
