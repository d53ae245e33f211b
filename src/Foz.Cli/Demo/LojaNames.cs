namespace Foz.Cli.Demo;

/// <summary>The words that the shop's people and products are named with.</summary>
static class LojaNames
{
    public static readonly string[] FirstNames =
    [
        "Ana", "Antônia", "Beatriz", "Bruna", "Camila", "Cecília", "Conceição", "Débora", "Eloá", "Fernanda", "Flávia",
        "Gabriela", "Helena", "Inês", "Isabela", "Jéssica", "Júlia", "Larissa", "Letícia", "Luísa", "Maria",
        "Mariana", "Márcia", "Natália", "Patrícia", "Rafaela", "Simone", "Sofia", "Tânia", "Verônica", "Yasmin",
        "André", "Antônio", "Arthur", "Bento", "Caio", "César", "Cláudio", "Davi", "Eduardo", "Fábio", "Felipe",
        "Flávio", "Gael", "Guilherme", "Heitor", "Ícaro", "João", "José", "Júlio", "Léo", "Lucas", "Luís", "Márcio",
        "Mateus", "Miguel", "Otávio", "Paulo", "Rafael", "Sérgio", "Thiago", "Vinícius", "Vítor", "Zé Carlos",
    ];

    public static readonly string[] LastNames =
    [
        "Almeida", "Alves", "Andrade", "Araújo", "Assunção", "Barbosa", "Barros", "Batista", "Brandão", "Cardoso",
        "Carvalho", "Castro", "Conceição", "Corrêa", "Costa", "da Cruz", "da Silva", "D'Ávila", "de Jesus",
        "de Oliveira", "de Souza", "Dias", "do Nascimento", "dos Santos", "Duarte", "Esteves", "Fernandes", "Ferreira",
        "Fonseca", "Freitas", "Galvão", "Gomes", "Gonçalves", "Guimarães", "Leão", "Lima", "Lopes", "Macedo",
        "Magalhães", "Marques", "Martins", "Melo", "Mendonça", "Monteiro", "Moraes", "Moreira", "Muniz", "Nóbrega",
        "Nunes", "Paixão", "Pereira", "Pinto", "Queirós", "Ramos", "Reis", "Ribeiro", "Rocha", "Sá", "Simões",
        "Tavares", "Teixeira", "Vasconcelos", "Viana", "Vieira",
    ];

    public static readonly string[] Brands =
    [
        "Aurora", "Baobá", "Caiçara", "Cerrado", "Girassol", "Ipê", "Jatobá", "Maré", "Mandacaru", "Pampa", "Sabiá",
        "Serra Azul", "Tucano", "Vitória-Régia",
    ];

    /// <summary>The products: category, things, and the range of prices in cents.</summary>
    public static readonly (string Category, string[] Things, int CentsFrom, int CentsTo)[] Catalog =
    [
        ("Cozinha", ["Cafeteira elétrica", "Panela de pressão", "Jogo de facas", "Liquidificador", "Garrafa térmica",
            "Forma de pudim", "Chaleira inox", "Tábua de corte"], 2_990, 45_990),
        ("Casa", ["Luminária de mesa", "Jogo de lençóis", "Tapete de sisal", "Cortina blecaute", "Espelho redondo",
            "Rede de descanso", "Almofada bordada", "Vaso de cerâmica"], 1_990, 38_990),
        ("Eletrônicos", ["Fone de ouvido", "Caixa de som", "Carregador turbo", "Teclado sem fio", "Relógio inteligente",
            "Câmera de segurança", "Monitor 24\"", "Roteador"], 4_990, 189_990),
        ("Moda", ["Camiseta de algodão", "Calça jeans", "Vestido floral", "Tênis de corrida", "Chapéu de palha",
            "Sandália de couro", "Jaqueta corta-vento", "Meia cano médio"], 1_490, 49_990),
        ("Beleza", ["Sabonete de açaí", "Óleo de coco", "Creme de cupuaçu", "Protetor solar", "Shampoo sólido",
            "Escova secadora", "Perfume cítrico", "Batom matte"], 990, 29_990),
        ("Esporte", ["Bola de futebol", "Corda de pular", "Halteres 5 kg", "Bicicleta aro 29", "Tapete de ioga",
            "Garrafa squeeze", "Prancha de bodyboard", "Joelheira"], 1_990, 249_990),
        ("Livros", ["Romance", "Livro de receitas", "Poesia reunida", "Atlas do Brasil", "Dicionário",
            "Livro infantil", "Biografia", "Cordel"], 1_490, 15_990),
        ("Mercearia", ["Café torrado 500 g", "Doce de leite", "Castanha-do-pará", "Mel silvestre", "Farinha d'água",
            "Goiabada cascão", "Azeite de dendê", "Chá-mate"], 790, 8_990),
    ];

    public static readonly string[] GiftMessages =
    [
        "Feliz aniversário, mãe!", "Parabéns, com carinho", "Para a casa nova: \"lar doce lar\"",
        "Feliz Natal,\ncom amor", "Saudades, vovó", "Boas-vindas, João", "Bom proveito; até breve",
    ];

    public static readonly string[] Coupons = ["BEMVINDO10", "FRETEGRATIS", "VOLTA15", "PIX5", "AMIGO20"];
}
