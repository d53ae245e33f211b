using System.Text;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Wire.PostgreSql;

public sealed class ScramTests
{
    // RFC 7677, section 3.
    const string ClientNonce = "rOprNGfwEbeRWgbNEkqO";
    const string ServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const string ServerFirst = $"r={ClientNonce}{ServerNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const string ServerFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
    const string ClientFinal =
        $"c=biws,r={ClientNonce}{ServerNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    static readonly byte[] Certificate = [1, 2, 3, 4];

    [Fact]
    public void Client_says_what_the_RFC_says()
    {
        var client = new ScramClient("pencil", ChannelBinding.None, nonce: ClientNonce, user: "user");
        Assert.Equal($"n,,n=user,r={ClientNonce}", Text(client.First()));
        Assert.Equal(ClientFinal, Text(client.Final(Bytes(ServerFirst))));
        client.Verify(Bytes(ServerFinal));
    }

    [Fact]
    public void Server_says_what_the_RFC_says()
    {
        var verifier = ScramVerifier.Of(
            "pencil", Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), iterations: 4096);
        var server = new ScramServer(verifier, nonce: ServerNonce);
        Assert.Equal(ServerFirst, Text(server.First(Bytes($"n,,n=user,r={ClientNonce}"))));
        Assert.Equal(ServerFinal, Text(server.Final(Bytes(ClientFinal))));
    }

    [Theory]
    [InlineData(ChannelBinding.None, false)]
    [InlineData(ChannelBinding.NotOffered, false)]
    [InlineData(ChannelBinding.TlsServerEndPoint, true)]
    public void Client_and_server_agree(ChannelBinding binding, bool isPlus)
    {
        var certificate = isPlus ? Certificate : null;
        var client = new ScramClient("señha, = 密", binding, certificate);
        var server = new ScramServer(ScramVerifier.Of("señha, = 密"), certificate, isPlus);
        client.Verify(server.Final(client.Final(server.First(client.First()))));
    }

    [Fact]
    public void Wrong_password_is_found_out_by_the_server()
    {
        var client = new ScramClient("wrong", ChannelBinding.None);
        var server = new ScramServer(ScramVerifier.Of("right"));
        var final = client.Final(server.First(client.First()));
        Assert.Equal(WireErrorKind.Authentication, Assert.Throws<WireException>(() => server.Final(final)).Kind);
    }

    [Fact]
    public void Server_that_does_not_know_the_password_is_found_out()
    {
        var client = new ScramClient("pencil", ChannelBinding.None, nonce: ClientNonce);
        client.Final(Bytes(ServerFirst));
        var error =
            Assert.Throws<WireException>(() => client.Verify(Bytes("v=" + Convert.ToBase64String(new byte[32]))));
        Assert.Equal(WireErrorKind.Authentication, error.Kind);
    }

    [Fact]
    public void Another_certificate_between_them_is_found_out()
    {
        var client = new ScramClient("pencil", ChannelBinding.TlsServerEndPoint, [9, 9]);
        var server = new ScramServer(ScramVerifier.Of("pencil"), Certificate, isPlus: true);
        var final = client.Final(server.First(client.First()));
        Assert.Throws<WireException>(() => server.Final(final));
    }

    [Fact]
    public void Binding_that_somebody_took_out_of_the_offer_is_found_out()
    {
        var client = new ScramClient("pencil", ChannelBinding.NotOffered, Certificate);
        var server = new ScramServer(ScramVerifier.Of("pencil"), Certificate);
        Assert.Throws<WireException>(() => server.First(client.First()));
    }

    [Theory]
    [InlineData("", WireErrorKind.Malformed)]
    [InlineData("r=", WireErrorKind.Malformed)]
    [InlineData($"m=x,r={ClientNonce}1,s=AAAA,i=4096", WireErrorKind.Malformed)]
    [InlineData($"r={ClientNonce}1,s=?,i=4096", WireErrorKind.Malformed)]
    [InlineData($"r={ClientNonce}1,s=AAAA,i=0", WireErrorKind.Malformed)]
    [InlineData($"r={ClientNonce}1,s=AAAA,i=-1", WireErrorKind.Malformed)]
    [InlineData($"r={ClientNonce}1,s=AAAA,i=2000000000", WireErrorKind.Unsupported)]
    [InlineData($"r={ClientNonce},s=AAAA,i=4096", WireErrorKind.Authentication)]
    [InlineData("r=somebody,s=AAAA,i=4096", WireErrorKind.Authentication)]
    public void Malformed_challenge_is_refused(string challenge, WireErrorKind kind)
    {
        var client = new ScramClient("pencil", ChannelBinding.None, nonce: ClientNonce);
        Assert.Equal(kind, Assert.Throws<WireException>(() => client.Final(Bytes(challenge))).Kind);
    }

    [Fact]
    public void Error_of_the_server_is_told()
    {
        var client = new ScramClient("pencil", ChannelBinding.None);
        Assert.Contains(
            "invalid-proof", Assert.Throws<WireException>(() => client.Verify("e=invalid-proof"u8)).Message);
    }

    [Fact]
    public void Verifier_is_read_back_from_its_text()
    {
        var verifier = ScramVerifier.Of("pencil");
        Assert.Equal(verifier.ToString(), ScramVerifier.Parse(verifier.ToString()).ToString());
        Assert.Throws<WireException>(() => ScramVerifier.Parse("md5abc"));
        Assert.Throws<WireException>(() => ScramVerifier.Parse("SCRAM-SHA-256$4096:AAAA$AAAA:AAAA"));
    }

    [Fact]
    public void MD5_answer_is_that_of_PostgreSQL() =>
        Assert.Equal(
            "md51f73fa72c634ad73e04aa842bc374d36", Md5Password.Answer("ana", "segredo olá", [1, 2, 0xFE, 4]));

    static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
