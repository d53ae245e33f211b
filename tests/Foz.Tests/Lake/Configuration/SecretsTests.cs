using System.Text.Json;
using Foz.Lake;
using Foz.Lake.Configuration;
using FsCheck;
using FsCheck.Fluent;

namespace Foz.Tests.Lake.Configuration;

public sealed class SecretsTests
{
    [Theory]
    [InlineData("connecting as ana with s3cr3t!", "connecting as ana with ***")]
    [InlineData("s3cr3t!s3cr3t!", "******")]
    [InlineData("nothing here", "nothing here")]
    [InlineData("postgres://ana:other@host/db", "postgres://ana:***@host/db")]
    [InlineData("postgres://ana@host/db", "postgres://ana@host/db")]
    [InlineData(
        "cannot reach postgres://ana:p@ss@host/db?sslmode=require now",
        "cannot reach postgres://ana:***@host/db?sslmode=require now")]
    public void Known_secrets_and_passwords_in_urls_are_masked(string text, string expected)
    {
        var secrets = new Secrets();
        secrets.Add("s3cr3t!");
        Assert.Equal(expected, secrets.Mask(text));
    }

    [Theory]
    [InlineData("user sa failed", "user *** failed")]
    [InlineData("it was said", "it was said")]
    [InlineData("password=sa;user=sa", "password=***;user=***")]
    public void A_short_secret_is_masked_as_a_word_only(string text, string expected)
    {
        var secrets = new Secrets();
        secrets.Add("sa");
        Assert.Equal(expected, secrets.Mask(text));
    }

    [Theory]
    [InlineData("Authorization: Basic YW5hOnMzY3IzdCE=", "Authorization: Basic ***=")]
    [InlineData("Basic OnMzY3IzdCE=", "Basic ***=")]
    [InlineData("Basic czNjcjN0ITo=", "Basic ***=")]
    [InlineData("the key czNjcjN0IQ== is not known", "the key ***== is not known")]
    [InlineData("token=s3cr3t%21&x=1", "token=***&x=1")]
    public void A_secret_is_masked_in_headers_and_addresses(string text, string expected)
    {
        var secrets = new Secrets();
        secrets.Add("s3cr3t!", "ana", "other");
        Assert.Equal(expected, secrets.Mask(text));
    }

    [Theory]
    [InlineData("a b/c", "a+b%2Fc")]
    [InlineData("a b/c", "a%20b%2fc")]
    [InlineData("??>>~~", "Pz8-Pn5-")]
    public void A_secret_is_masked_as_forms_and_addresses_write_it(string secret, string written)
    {
        var secrets = new Secrets();
        secrets.Add(secret);
        Assert.Equal("x=***", secrets.Mask($"x={written}"));
    }

    [Theory]
    [InlineData("foz stream reset shop starts again with a copy of its tables", "foz stream reset shop starts again with a copy of its tables")]
    [InlineData("mend it, then: foz stream resume bronze.shop", "mend it, then: foz stream resume bronze.shop")]
    [InlineData("foz run silver.shop --full-refresh", "foz run silver.shop --full-refresh")]
    [InlineData("SELECT pg_drop_replication_slot('foz_shop_1f3a9c2e')", "SELECT pg_drop_replication_slot('foz_shop_1f3a9c2e')")]
    [InlineData("publication foz_shop_1f3a9c2e_inserts", "publication foz_shop_1f3a9c2e_inserts")]
    [InlineData("foz@host:1/shop: wrong password shop", "***@host:1/***: wrong password ***")]
    [InlineData("password=foz; foz", "password=***; ***")]
    [InlineData("foz shop", "*** ***")]
    [InlineData("foz stream reset a shop", "foz stream reset a ***")]
    [InlineData("foz run; shop", "foz run; ***")]
    [InlineData("foz_shop_x, foz_shop_1f3a9c2eshop", "***_***_x, ***_***_1f3a9c2e***")]
    [InlineData("postgres://foz:shop@h/d", "postgres://***:***@h/d")]
    public void Commands_of_Foz_and_its_names_stay_and_nothing_else(string text, string expected)
    {
        var secrets = new Secrets();
        secrets.Add("foz");
        secrets.Add("shop");
        Assert.Equal(expected, secrets.Mask(text));
    }

    [Fact]
    public void A_secret_of_more_than_a_command_is_masked()
    {
        var secrets = new Secrets();
        secrets.Add("run now; go");
        Assert.Equal("foz *** on", secrets.Mask("foz run now; go on"));
    }

    [Fact]
    public void A_secret_inside_a_longer_one_leaves_no_rest()
    {
        var secrets = new Secrets();
        secrets.Add("pass");
        secrets.Add("pass1234");
        Assert.Equal("***", secrets.Mask("pass1234"));
    }

    [Fact]
    public void No_secret_is_left_however_it_is_written() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyString>(), (NonEmptyString secret) =>
        {
            var value = secret.Get;
            if (value.Trim().Length < 4 || value.Contains('*', StringComparison.Ordinal) || value.Any(char.IsSurrogate))
                return true;
            var secrets = new Secrets();
            secrets.Add(value);
            string[] written = [value, Uri.EscapeDataString(value), JsonSerializer.Serialize(new[] { value })];
            return written.All(text => !secrets.Mask($"« {text} »").Contains(value, StringComparison.Ordinal))
                && secrets.Mask(JsonSerializer.Serialize(value)) == "\"***\"";
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_error_is_masked_with_its_hint()
    {
        var secrets = new Secrets();
        secrets.Add("hunter22");
        var masked = secrets.Mask(
            new FozException(ErrorKind.Source, "hunter22 was refused") { Hint = "not hunter22", Place = new("a", 1) });
        Assert.Equal("a:1: *** was refused\n  not ***", masked.Describe());
        Assert.Equal(ErrorKind.Source, masked.Kind);
    }

    [Theory]
    [InlineData("host=h password=abc user=u", "abc")]
    [InlineData("host=h password='a b' user=u", "a b")]
    [InlineData("Host=h;Password=abc;Username=u", "abc")]
    [InlineData("postgres://h/d?user=u&password=abc&x=y", "abc")]
    [InlineData("host=h user=password", null)]
    public void A_password_in_a_connection_string_is_found(string text, string? expected) =>
        Assert.Equal(expected, Secrets.PasswordInConnectionString(text));

    [Fact]
    public void An_empty_secret_masks_nothing()
    {
        var secrets = new Secrets();
        secrets.Add("");
        secrets.Add("  ");
        Assert.Equal("a  b", secrets.Mask("a  b"));
    }
}
