using Foz.Wire;
using Foz.Wire.MySql;

namespace Foz.Tests.Wire.MySql;

public sealed class PasswordProofTests
{
    static readonly byte[] Challenge = [.. Enumerable.Range(1, 20).Select(i => (byte)i)];

    /// <summary>Computed with Python's hashlib by the formulas of MySQL's documentation.</summary>
    [Theory]
    [InlineData(PasswordProof.Native, "B32BB3A583E1340C0A1108D58B1BE49781AD8C2F")]
    [InlineData(PasswordProof.CachingSha2, "746EBE205D56A0707ACB3E796E834E0DD7B1D61743B26BD5202C7A623230C7C9")]
    public void A_proof_is_that_of_the_protocol(string method, string expected) =>
        Assert.Equal(
            expected,
            Convert.ToHexString(PasswordProof.Compute(method, "secret", Challenge, isEncrypted: false)));

    [Theory]
    [InlineData(PasswordProof.Native)]
    [InlineData(PasswordProof.CachingSha2)]
    public void A_user_without_a_password_proves_nothing(string method) =>
        Assert.Empty(PasswordProof.Compute(method, "", Challenge, isEncrypted: false));

    [Fact]
    public void A_password_is_sent_only_where_it_is_encrypted()
    {
        Assert.Equal(
            [(byte)'p', 0], PasswordProof.Compute(PasswordProof.ClearText, "p", Challenge, isEncrypted: true));
        Assert.Throws<WireException>(
            () => PasswordProof.Compute(PasswordProof.ClearText, "p", Challenge, isEncrypted: false));
        var error = Assert.Throws<WireException>(
            () => PasswordProof.Compute("dialog", "p", Challenge, isEncrypted: true));
        Assert.Equal("the server asks for the login method 'dialog', which is not supported", error.Message);
    }
}
