using Foz.Lake.Data.Formats;

namespace Foz.Tests.Lake.Data.Formats;

public sealed class ValueFormatTests
{
    const string CnpjCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const int Trials = 2_000;

    static Random Seeded() => new(Soak.Seed());

    [Theory]
    [InlineData("cpf", "529.982.247-25", "52998224725")]
    [InlineData("cpf", " 52998224725 ", "52998224725")]
    [InlineData("cpf", "529.982.247-24", null)]
    [InlineData("cpf", "111.111.111-11", null)]
    [InlineData("cpf", "5299822472", null)]
    [InlineData("cpf", "", null)]
    [InlineData("cpf", "5299822472A", null)]
    [InlineData("cnpj", "11.222.333/0001-81", "11222333000181")]
    [InlineData("cnpj", "11.222.333/0001-82", null)]
    [InlineData("cnpj", "00.000.000/0000-00", null)]
    [InlineData("cnpj", "12.ABC.345/01DE-35", "12ABC34501DE35")]
    [InlineData("cnpj", "12.abc.345/01de-35", "12ABC34501DE35")]
    [InlineData("cnpj", "12.ABC.345/01DE-3A", null)]
    [InlineData("cnpj", "12.ÁBC.345/01DE-35", null)]
    [InlineData("cep", "01310-100", "01310100")]
    [InlineData("cep", "01.310-100", "01310100")]
    [InlineData("cep", "1310100", null)]
    [InlineData("cep", "00000-000", null)]
    [InlineData("phone", "(11) 98765-4321", "+5511987654321")]
    [InlineData("phone", "+55 11 98765-4321", "+5511987654321")]
    [InlineData("phone", "5511987654321", "+5511987654321")]
    [InlineData("phone", "011 3456-7890", "+551134567890")]
    [InlineData("phone", "(10) 98765-4321", null)]
    [InlineData("phone", "(11) 88765-4321", null)]
    [InlineData("phone", "(11) 9876-4321", null)]
    [InlineData("phone", "(55) 99999-8888", "+5555999998888")]
    [InlineData("phone", "+1 (212) 555-0100", "+12125550100")]
    [InlineData("phone", "98765-4321", null)]
    [InlineData("phone", "11 9876x4321", null)]
    [InlineData("phone", "", null)]
    [InlineData("email", "Ana.Souza+x@Exemplo.com.br", "ana.souza+x@exemplo.com.br")]
    [InlineData("email", "ana@exemplo", null)]
    [InlineData("email", "ana..b@exemplo.com", null)]
    [InlineData("email", "@exemplo.com", null)]
    [InlineData("email", "a b@exemplo.com", null)]
    [InlineData("email", "a@-exemplo.com", null)]
    [InlineData("url", "https://exemplo.com.br/a?b=c", "https://exemplo.com.br/a?b=c")]
    [InlineData("url", "exemplo.com", null)]
    [InlineData("url", "javascript:alert(1)", null)]
    [InlineData("url", "https://a b.com", null)]
    [InlineData("uuid", "6F9619FF-8B86-D011-B42D-00CF4FC964FF", "6f9619ff-8b86-d011-b42d-00cf4fc964ff")]
    [InlineData("uuid", "6F9619FF-8B86", null)]
    [InlineData("ipv4", "10.0.0.1", "10.0.0.1")]
    [InlineData("ipv4", "10.0.0.256", null)]
    [InlineData("ipv4", "010.0.0.1", null)]
    [InlineData("ipv6", "2001:DB8::1", "2001:db8::1")]
    [InlineData("ipv6", "10.0.0.1", null)]
    [InlineData("json", "{\"a\": 1}", "{\"a\": 1}")]
    [InlineData("json", "{a: 1}", null)]
    [InlineData("date", "2024-02-29", "2024-02-29")]
    [InlineData("date", "2023-02-29", null)]
    [InlineData("date", "29/02/2024", null)]
    [InlineData("date_br", "29/02/2024", "2024-02-29")]
    [InlineData("date_br", "1/2/2024", "2024-02-01")]
    [InlineData("date_br", "02/29/2024", null)]
    [InlineData("timestamp", "2024-02-29T12:30:00Z", "2024-02-29T12:30:00Z")]
    [InlineData("timestamp", "2024-02-29 12:30:00.123", "2024-02-29 12:30:00.123")]
    [InlineData("timestamp", "2024-02-30 12:30:00", null)]
    [InlineData("timestamp", "12:30", null)]
    [InlineData("decimal_comma", "1.234.567,89", "1234567.89")]
    [InlineData("decimal_comma", "-1234,5", "-1234.5")]
    [InlineData("decimal_comma", "12", "12")]
    [InlineData("decimal_comma", "1.23,4", null)]
    [InlineData("decimal_comma", "1,234,5", null)]
    [InlineData("decimal_comma", "1,", null)]
    [InlineData("decimal_comma", "", null)]
    public void A_value_is_written_in_one_way_or_is_none(string format, string text, string? expected) =>
        Assert.Equal(expected, ValueFormat.ByName[format].Normalize(text));

    [Fact]
    public void What_is_written_in_one_way_stays_so()
    {
        (string Format, string Text)[] values =
        [
            ("cpf", "529.982.247-25"), ("cnpj", "12.abc.345/01de-35"), ("cep", "01310-100"),
            ("phone", "(11) 98765-4321"),
            ("email", "A@B.com"), ("uuid", "6F9619FF-8B86-D011-B42D-00CF4FC964FF"), ("ipv6", "2001:DB8::1"),
        ];
        Assert.All(values, value =>
        {
            var format = ValueFormat.ByName[value.Format];
            var once = format.Normalize(value.Text);
            Assert.Equal(once, format.Normalize(once!));
        });
    }

    /// <summary>
    /// The check digits of random numbers, computed as the administration's own description has them.
    /// </summary>
    [Fact]
    public void Of_all_check_digits_of_a_cpf_or_cnpj_one_pair_is_right()
    {
        var random = Seeded();
        for (var trial = 0; trial < Trials; trial++)
        {
            var cpf = string.Concat(Enumerable.Range(0, 9).Select(_ => (char)('0' + random.Next(10))));
            var cnpj = string.Concat(Enumerable.Range(0, 12).Select(_ => CnpjCharacters[random.Next(36)]));
            AssertOne("cpf", cpf, Digits(cpf, 10, 2, 11, 2));
            AssertOne("cnpj", cnpj, CnpjDigits(cnpj));
        }

        static void AssertOne(string format, string number, string expected)
        {
            var right = Enumerable.Range(0, 100).Select(pair => $"{pair:00}")
                .Where(pair => ValueFormat.ByName[format].IsValid(number + pair)).ToList();
            // Eleven equal digits have digits that fit and are no CPF.
            Assert.Equal((number + expected).Distinct().Count() == 1 ? [] : [expected], right);
        }
    }

    [Fact]
    public void A_digit_that_is_another_or_swapped_with_its_neighbour_is_found_out()
    {
        var random = Seeded();
        for (var trial = 0; trial < Trials; trial++)
        {
            var cpf = string.Concat(Enumerable.Range(0, 9).Select(_ => (char)('0' + random.Next(10))));
            cpf += Digits(cpf, 10, 2, 11, 2);
            var place = random.Next(11);
            var wrong = cpf.ToCharArray();
            wrong[place] = (char)('0' + ((wrong[place] - '0' + 1 + random.Next(9)) % 10));
            // Modulo 11 with ten digits, 10 and 0 are one: a change between them stays hidden, in at most one of the
            // digits.
            if (Digits(new string(wrong)[..9], 10, 2, 11, 2) != new string(wrong)[9..])
                Assert.False(ValueFormat.ByName["cpf"].IsValid(new(wrong)), $"{cpf} and {new string(wrong)}");
        }
    }

    /// <summary>CPF: weights 10 to 2, then 11 to 2.</summary>
    static string Digits(string number, int from, int to, int secondFrom, int secondTo)
    {
        var first = Digit(number, Weights(from, to));
        return $"{first}{Digit(number + first, Weights(secondFrom, secondTo))}";
    }

    /// <summary>CNPJ: weights 5 4 3 2 9 8 7 6 5 4 3 2, then with a 6 before them.</summary>
    static string CnpjDigits(string number)
    {
        int[] weights = [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
        var first = Digit(number, weights);
        return $"{first}{Digit(number + first, [6, .. weights])}";
    }

    static int[] Weights(int from, int to) => [.. Enumerable.Range(to, from - to + 1).Reverse()];

    static int Digit(string number, int[] weights)
    {
        var rest = number.Zip(weights, (character, weight) => (character - 48) * weight).Sum() % 11;
        return rest is 0 or 1 ? 0 : 11 - rest;
    }
}
