namespace Foz.Cli.Demo;

/// <summary>A city with its area code and its range of postcodes (CEP), given by their first five digits.</summary>
sealed record City(string Name, string State, int AreaCode, int PostcodeFrom, int PostcodeTo, int Weight);

/// <summary>Where the customers of the shop live.</summary>
static class LojaPlaces
{
    static readonly City[] Cities =
    [
        new("São Paulo", "SP", 11, 1000, 5999, 230),
        new("Campinas", "SP", 19, 13000, 13139, 24),
        new("Santo André", "SP", 11, 9000, 9299, 15),
        new("São José dos Campos", "SP", 12, 12200, 12248, 14),
        new("Ribeirão Preto", "SP", 16, 14000, 14109, 14),
        new("Santos", "SP", 13, 11000, 11249, 9),
        new("Rio de Janeiro", "RJ", 21, 20000, 23799, 124),
        new("Niterói", "RJ", 21, 24000, 24399, 10),
        new("Brasília", "DF", 61, 70000, 72799, 56),
        new("Fortaleza", "CE", 85, 60000, 61599, 48),
        new("Salvador", "BA", 71, 40000, 42499, 48),
        new("Belo Horizonte", "MG", 31, 30000, 31999, 46),
        new("Uberlândia", "MG", 34, 38400, 38415, 14),
        new("Manaus", "AM", 92, 69000, 69099, 41),
        new("Curitiba", "PR", 41, 80000, 82999, 36),
        new("Londrina", "PR", 43, 86000, 86099, 11),
        new("Recife", "PE", 81, 50000, 52999, 30),
        new("Goiânia", "GO", 62, 74000, 74899, 29),
        new("Porto Alegre", "RS", 51, 90000, 91999, 27),
        new("Caxias do Sul", "RS", 54, 95000, 95124, 9),
        new("Belém", "PA", 91, 66000, 66999, 26),
        new("São Luís", "MA", 98, 65000, 65109, 21),
        new("Maceió", "AL", 82, 57000, 57099, 19),
        new("Campo Grande", "MS", 67, 79000, 79124, 18),
        new("Teresina", "PI", 86, 64000, 64099, 17),
        new("João Pessoa", "PB", 83, 58000, 58099, 17),
        new("Natal", "RN", 84, 59000, 59139, 15),
        new("Cuiabá", "MT", 65, 78000, 78099, 13),
        new("Joinville", "SC", 47, 89200, 89239, 12),
        new("Aracaju", "SE", 79, 49000, 49098, 12),
        new("Florianópolis", "SC", 48, 88000, 88099, 11),
        new("Porto Velho", "RO", 69, 76800, 76834, 9),
        new("Macapá", "AP", 96, 68900, 68911, 9),
        new("Boa Vista", "RR", 95, 69300, 69339, 8),
        new("Rio Branco", "AC", 68, 69900, 69923, 7),
        new("Vitória", "ES", 27, 29000, 29099, 6),
        new("Palmas", "TO", 63, 77000, 77249, 6),
    ];

    static readonly City[] ByWeight = [.. Cities.SelectMany(city => Enumerable.Repeat(city, city.Weight))];

    /// <summary>A city, large ones more often.</summary>
    public static City Pick(ref SplitMix random) => random.Pick(ByWeight);

    /// <summary>The eight digits of a postcode in a city.</summary>
    public static string Postcode(City city, ref SplitMix random)
    {
        var area = city.PostcodeFrom + random.Below(city.PostcodeTo - city.PostcodeFrom + 1);
        return $"{area:00000}{random.Below(1000):000}";
    }
}
