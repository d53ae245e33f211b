namespace Foz.Serving.Governance;

/// <summary>
/// The tags of personal data that Foz knows by name, after Brazil's law of them (Lei 13.709/2018, LGPD).
/// </summary>
static class PersonalData
{
    /// <summary>The kind of personal data that each tag marks.</summary>
    public static IReadOnlyDictionary<string, string> Categories { get; } = new SortedDictionary<string, string>(
        StringComparer.Ordinal)
    {
        ["pii"] = "personal data of any kind (art. 5, I)",
        ["pii.address"] = "address, CEP",
        ["pii.bank_account"] = "bank account, PIX key",
        ["pii.birth_date"] = "date of birth",
        ["pii.card"] = "number of a payment card",
        ["pii.cnh"] = "driver's licence",
        ["pii.cns"] = "number of the national health card",
        ["pii.cpf"] = "CPF",
        ["pii.device"] = "device, cookie or advertising identifier",
        ["pii.email"] = "e-mail address",
        ["pii.ip"] = "IP address",
        ["pii.location"] = "where somebody is or was",
        ["pii.name"] = "name",
        ["pii.passport"] = "passport",
        ["pii.phone"] = "telephone number",
        ["pii.pis"] = "PIS, PASEP, NIT",
        ["pii.plate"] = "licence plate",
        ["pii.rg"] = "RG, CIN",
        ["pii.voter"] = "voter's card",
        ["sensitive"] = "sensitive personal data of any kind (art. 5, II)",
        ["sensitive.biometric"] = "biometric data",
        ["sensitive.genetic"] = "genetic data",
        ["sensitive.health"] = "health",
        ["sensitive.politics"] = "political opinion or membership",
        ["sensitive.race"] = "racial or ethnic origin",
        ["sensitive.religion"] = "religious conviction or membership",
        ["sensitive.sex_life"] = "sex life",
        ["sensitive.union"] = "membership of a trade union",
        ["minor"] = "data of children and adolescents (art. 14)",
    };
}
