using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Foz.Lake;
using Foz.Server.Auth;
using Foz.Serving.Governance;
using Microsoft.Extensions.Logging.Abstractions;

namespace Foz.Tests.Server.Auth;

/// <summary>Keys and tokens that log in, against an issuer on this machine that rotates its keys.</summary>
public sealed class TokenTests : IDisposable
{
    readonly string project = Directory.CreateTempSubdirectory("foz-tokens-").FullName;
    readonly Issuer issuer = new();
    readonly Clock clock = new();
    readonly UserDirectory users;
    readonly Authenticator desk;

    public TokenTests()
    {
        new UserFile(project).Add("ana", "secret", isOwner: true, replaces: false);
        File.WriteAllText(
            Path.Combine(project, "policies", "issuers.yml"),
            $"roles: [{{name: analysts, members: [ana]}}]\nissuers: [{{issuer: '{Issuer.Name}', audience: foz, user: "
                + $"preferred_username, roles: realm.roles}}]\n");
        users = new(project, clock);
        desk = new(
            LogIns.Of(() => users.Current, clock), audit: null, clock, NullLogger.Instance, new(new(issuer), clock));
        issuer.Rotate("k1");
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        issuer.Dispose();
        Directory.Delete(project, recursive: true);
    }

    Task<Foz.Serving.Governance.SessionUser> EnterAsync(string token) =>
        desk.EnterByTokenAsync(new("", IPAddress.Loopback, "trino", "bearer"), token, Cancel);

    async Task<string> RefusedAsync(string token)
    {
        var error = await Assert.ThrowsAsync<LogInRefusedException>(() => EnterAsync(token));
        clock.Now += TimeSpan.FromMinutes(11);
        issuer.Shift = clock.Now;
        return error.Reason;
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    public async Task A_token_of_the_issuer_logs_in_with_its_name_and_roles(string algorithm)
    {
        var user = await EnterAsync(issuer.Sign(algorithm));
        Assert.Equal(("bia", false), (user.Name, user.IsOwner));
        Assert.Equal(["analysts", "readers"], user.Roles);
        Assert.Null(user.Scope);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    public async Task Keys_rotate_without_a_restart(string algorithm)
    {
        await EnterAsync(issuer.Sign(algorithm));
        var fetched = issuer.Fetched;
        await EnterAsync(issuer.Sign(algorithm));
        Assert.Equal(fetched, issuer.Fetched);
        var old = issuer.Sign(algorithm);
        issuer.Rotate("k2");
        // Who makes up keys does not make the issuer be asked each time.
        Assert.Contains("signature", await RefusedAsync(issuer.Sign(algorithm, id: "k9")), StringComparison.Ordinal);
        await EnterAsync(issuer.Sign(algorithm));
        Assert.NotEqual(fetched, issuer.Fetched);
        fetched = issuer.Fetched;
        await Assert.ThrowsAsync<LogInRefusedException>(() => EnterAsync(old));
        await Assert.ThrowsAsync<LogInRefusedException>(() => EnterAsync(issuer.Sign(algorithm, id: "k8")));
        Assert.InRange(issuer.Fetched, fetched, fetched + 2);
    }

    [Fact]
    public async Task While_the_issuer_cannot_be_reached_known_keys_are_taken()
    {
        await EnterAsync(issuer.Sign("RS256"));
        issuer.IsDown = true;
        clock.Now += TimeSpan.FromHours(2);
        issuer.Shift = clock.Now;
        await EnterAsync(issuer.Sign("RS256"));
    }

    [Fact]
    public async Task Whatever_is_wrong_with_a_token_refuses_it()
    {
        async Task HoldAsync(string reason, string token) =>
            Assert.Contains(reason, await RefusedAsync(token), StringComparison.Ordinal);
        var parts = issuer.Sign("RS256").Split('.');
        await HoldAsync("signature", $"{parts[0]}.{parts[1]}.{Issuer.Encode(new byte[256])}");
        await HoldAsync("signature", $"{parts[0]}.{parts[1]}.");
        await HoldAsync("algorithm", $"{Issuer.Encode("""{"alg":"none"}"""u8)}.{issuer.Sign("RS256").Split('.')[1]}.");
        await HoldAsync("algorithm", $"{Issuer.Encode("""{"alg":"HS256","kid":"k1"}"""u8)}.{parts[1]}.{parts[2]}");
        await HoldAsync("algorithm", $"{Issuer.Encode("""{"kid":"k1"}"""u8)}.{parts[1]}.{parts[2]}");
        await HoldAsync("extensions", issuer.Sign("RS256", header: h => h["crit"] = new[] { "exp" }));
        await HoldAsync("signature", issuer.Sign("ES256", header: h => h["alg"] = "RS256"));
        await HoldAsync("expired", issuer.Sign("RS256", claims: c => c["exp"] = issuer.Seconds(-61)));
        await EnterAsync(issuer.Sign("RS256", claims: c => c["exp"] = issuer.Seconds(-30)));
        await HoldAsync("never expires", issuer.Sign("RS256", claims: c => c.Remove("exp")));
        await HoldAsync("never expires", issuer.Sign("RS256", claims: c => c["exp"] = "tomorrow"));
        await HoldAsync("not valid yet", issuer.Sign("RS256", claims: c => c["nbf"] = issuer.Seconds(90)));
        await EnterAsync(issuer.Sign("RS256", claims: c => c["nbf"] = issuer.Seconds(30)));
        await HoldAsync("audience", issuer.Sign("RS256", claims: c => c["aud"] = "other"));
        await HoldAsync("audience", issuer.Sign("RS256", claims: c => c.Remove("aud")));
        await EnterAsync(issuer.Sign("RS256", claims: c => c["aud"] = new[] { "other", "foz" }));
        await HoldAsync("issuer", issuer.Sign("RS256", claims: c => c["iss"] = "https://evil.example"));
        await HoldAsync("preferred_username", issuer.Sign("RS256", claims: c => c.Remove("preferred_username")));
        await HoldAsync("preferred_username", issuer.Sign("RS256", claims: c => c["preferred_username"] = 7));
        await HoldAsync("no JWT", "a.b");
        await HoldAsync("base64url", "!.b.c");
        await HoldAsync("JSON", $"{Issuer.Encode("[]"u8)}.{parts[1]}.{parts[2]}");
        await HoldAsync("no JWT", new string('a', 20_000) + ".b.c");
        using var other = new Issuer();
        other.Rotate("k1");
        other.Shift = clock.Now;
        await HoldAsync("signature", other.Sign("RS256"));
    }

    void WriteIssuers(params string[] issuers) => File.WriteAllText(
        Path.Combine(project, "policies", "issuers.yml"),
        "issuers:\n" + string.Concat(issuers.Select(text => $"  - {{issuer: '{Issuer.Name}', {text}}}\n")));

    [Fact]
    public async Task An_issuer_may_stand_there_for_several_audiences()
    {
        WriteIssuers("audience: foz, user: preferred_username", "audience: bi, user: sub");
        Assert.Equal("bia", (await EnterAsync(issuer.Sign("RS256"))).Name);
        Assert.Equal("17", (await EnterAsync(issuer.Sign("RS256", claims: c => c["aud"] = "bi"))).Name);
        Assert.Contains(
            "audience", await RefusedAsync(issuer.Sign("RS256", claims: c => c["aud"] = "other")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_mail_is_a_name_only_once_it_is_verified()
    {
        WriteIssuers("audience: foz, user: email");
        Assert.Equal("bia@shop.br", (await EnterAsync(Of(true))).Name);
        Assert.Equal("bia@shop.br", (await EnterAsync(Of("true"))).Name);
        foreach (var claim in new object?[] { false, "false", 1, null })
            Assert.Contains("not verified", await RefusedAsync(Of(claim)), StringComparison.Ordinal);

        string Of(object? isVerified) => issuer.Sign("RS256", claims: c =>
        {
            c["email"] = "bia@shop.br";
            if (isVerified is not null) c["email_verified"] = isVerified;
        });
    }

    [Fact]
    public async Task Names_of_an_issuer_with_a_prefix_are_nobody_elses()
    {
        WriteIssuers("audience: foz, user: preferred_username, roles: realm.roles, prefix: 'shop:'");
        var user = await EnterAsync(issuer.Sign("RS256", claims: c => c["preferred_username"] = "ana"));
        Assert.Equal("shop:ana", user.Name);
        Assert.Equal(["shop:analysts", "shop:readers"], user.Roles);
    }

    [Fact]
    public async Task A_token_that_expires_at_the_end_of_time_is_refused_as_any_other() =>
        Assert.Contains(
            "never expires", await RefusedAsync(issuer.Sign("RS256", claims: c => c["exp"] = 253_402_300_790)),
            StringComparison.Ordinal);

    [Fact]
    public async Task An_issuer_that_does_not_answer_keeps_nobody_else_waiting()
    {
        using var keys = new IssuerKeys(new(issuer), clock);
        var hanging = new TokenIssuer { Issuer = "https://hangs.example", Audience = "foz" };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var waiting = keys.FindAsync(hanging, isFresh: false, stop.Token);
        Assert.NotEmpty(await keys.FindAsync(new() { Issuer = Issuer.Name, Audience = "foz" }, isFresh: false, Cancel));
        Assert.False(waiting.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    /// <summary>The name that a client writes beside its token is not proven.</summary>
    [Fact]
    public async Task A_token_forgives_nobody_of_whom_its_client_speaks()
    {
        var attempt = new LogInAttempt("ana", IPAddress.Loopback, "trino", "bearer");
        for (var i = 0; i < 4; i++)
            await Assert.ThrowsAsync<LogInRefusedException>(() => desk.EnterAsync(attempt, "wrong", Cancel));
        Assert.Equal("bia", (await desk.EnterByTokenAsync(attempt, issuer.Sign("RS256"), Cancel)).Name);
        await Assert.ThrowsAsync<LogInRefusedException>(() => desk.EnterAsync(attempt, "wrong", Cancel));
        Assert.Equal([250, 500, 500], clock.Delays.Select(delay => delay.TotalMilliseconds));
    }

    [Fact]
    public void The_address_of_keys_is_a_right()
    {
        List<PolicyChange> told = [];
        WriteIssuers("audience: foz");
        var directory = new UserDirectory(project, clock) { Changed = told.AddRange };
        _ = directory.Current;
        told.Clear();
        WriteIssuers("audience: foz, keys: 'https://evil.example/keys'");
        _ = directory.Current;
        Assert.Equal([false, true], told.Select(change => change.IsGranted));
        Assert.Contains("https://evil.example/keys", told[1].Right, StringComparison.Ordinal);
    }

    /// <summary>What an issuer shows to all would be a secret that all know.</summary>
    [Fact]
    public async Task A_public_key_is_no_shared_secret()
    {
        var body = issuer.Sign("RS256").Split('.')[1];
        foreach (var secret in issuer.PublicTexts)
        {
            var signed = $"{Issuer.Encode("""{"alg":"HS256","kid":"k1-RS256"}"""u8)}.{body}";
            var proof = HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed));
            Assert.Contains(
                "algorithm", await RefusedAsync($"{signed}.{Issuer.Encode(proof)}"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("ES256", "ES384")]
    [InlineData("ES384", "ES256")]
    [InlineData("RS256", "PS256")]
    [InlineData("PS256", "RS256")]
    public async Task A_signature_of_another_algorithm_is_refused(string signed, string stated) => Assert.Contains(
        "signature", await RefusedAsync(issuer.Sign(signed, header: head => head["alg"] = stated)),
        StringComparison.Ordinal);

    [Fact]
    public async Task A_key_that_is_short_damaged_or_of_another_algorithm_signs_nothing_and_others_do()
    {
        issuer.RsaAlgorithm = "RS256";
        await EnterAsync(issuer.Sign("RS256"));
        await RefusedAsync(issuer.Sign("PS256"));
        issuer.Rotate("short", rsaBits: 1024);
        await RefusedAsync(issuer.Sign("RS256"));
        await EnterAsync(issuer.Sign("ES384"));
    }

    [Fact]
    public async Task An_audience_is_the_same_to_the_last_sign() => Assert.Contains(
        "audience", await RefusedAsync(issuer.Sign("RS256", claims: c => c["aud"] = "foz/")), StringComparison.Ordinal);

    /// <summary>Every single byte of a token counts.</summary>
    [Fact]
    public async Task A_changed_token_is_refused()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        for (var round = 0; round < 40; round++)
        {
            var token = issuer.Sign(new[] { "RS256", "PS256", "ES256", "ES384" }[round % 4]);
            var place = random.Next(token.LastIndexOf('.') - 1);
            var changed = token[..place] + (token[place] == 'A' ? 'B' : 'A') + token[(place + 1)..];
            if (changed.Split('.').Length != 3) continue;
            Assert.True(await RefusedAsync(changed) is not null, $"seed {seed}");
        }
    }

    [Fact]
    public async Task A_key_logs_in_for_its_user_until_it_expires_and_is_kept_nowhere()
    {
        var file = new UserFile(project);
        var (full, limited) =
            (file.AddKey("ana/bi", expires: null, []), file.AddKey("ana/export", new(2026, 3, 1), ["analysts"]));
        var text = File.ReadAllText(file.KeyPath);
        Assert.DoesNotContain(full, text, StringComparison.Ordinal);
        Assert.DoesNotContain(full.Split('.')[1], text, StringComparison.Ordinal);
        var user = await EnterAsync(full);
        Assert.Equal(("ana", true), (user.Name, user.IsOwner));
        user = await EnterAsync(limited);
        Assert.Equal(("ana", false), (user.Name, user.IsOwner));
        Assert.Equal(["analysts"], user.Scope!);
        // By PostgreSQL's protocol the key's name is the user's, and the key the password.
        Assert.Equal(
            "ana",
            (await desk.EnterAsync(new("ana/bi", IPAddress.Loopback, "postgresql", "password"), full, Cancel)).Name);
        await RefusedAsync(full[..^1] + (full[^1] == 'A' ? 'B' : 'A'));
        await RefusedAsync("foz_!!.x");
        clock.Now = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        await RefusedAsync(limited);
        await EnterAsync(full);
        File.Delete(file.Path);
        new UserFile(project).Add("bob", "secret", isOwner: false, replaces: false);
        await RefusedAsync(full);
    }

    [Theory]
    [InlineData("nobody/x", "there is no user 'nobody'")]
    [InlineData("ana", "cannot be a key")]
    [InlineData("ana/x/y", "cannot be a key")]
    public void A_key_needs_a_user_and_a_name(string name, string message) => Assert.Contains(
        message, Assert.Throws<FozException>(() => new UserFile(project).AddKey(name, expires: null, [])).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("keys: [{name: ana/x, hash: abc}]", "not what a key is checked with")]
    [InlineData("issuers: [{issuer: 'http://idp.example', audience: foz}]", "must be an https address")]
    [InlineData("issuers: [{issuer: 'https://idp.example'}]", "audience")]
    [InlineData("users: [{name: oidc}]", "and no user")]
    public void What_is_wrong_is_told(string yaml, string message)
    {
        File.WriteAllText(Path.Combine(project, "policies", "wrong.yml"), yaml);
        Assert.Contains(
            message, Assert.Throws<FozException>(() => UserList.Load(project)).Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_limited_log_in_has_only_what_its_roles_are_granted()
    {
        File.WriteAllText(
            Path.Combine(project, "policies", "grants.yml"),
            "grants:\n  - {to: [ana], on: [a.own]}\n  - {to: [analysts], on: [a.role]}\n  - {to: [readers], on: "
                + "[a.token]}\n  - {to: [everyone], on: [a.all]}\n");
        var access = AccessList.Load(project);
        string Of(Grantee grantee) =>
            string.Concat(
                new[]
                {
                    "own", "role", "token", "all",
                }.Select(t => access.Of(grantee, new("a", t)) is null ? '-' : 'x'));
        Assert.Equal("xx-x", Of(new("ana")));
        Assert.Equal("-x-x", Of(new("ana") { Scope = ["analysts"] }));
        Assert.Equal("---x", Of(new("ana") { Scope = ["readers"] }));
        Assert.Equal("---x", Of(new("bia") { Scope = ["analysts"] }));
        Assert.Equal("--xx", Of(new("bia") { Roles = ["readers"] }));
    }

    sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        /// <summary>The delays that were asked for; the test does not wait.</summary>
        public List<TimeSpan> Delays { get; } = [];

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Delays.Add(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }

    /// <summary>An issuer: its discovery document and keys, and tokens that it signs.</summary>
    sealed class Issuer : HttpMessageHandler
    {
        public const string Name = "https://idp.example/realm";

        RSA rsa = RSA.Create(2048);
        ECDsa curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ECDsa wideCurve = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        string id = "";

        /// <summary>The only algorithm of the RSA key; null for all.</summary>
        public string? RsaAlgorithm { get; set; }

        /// <summary>The RSA key as texts that everyone has.</summary>
        public IReadOnlyList<byte[]> PublicTexts =>
        [
            Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem()), rsa.ExportSubjectPublicKeyInfo(),
            rsa.ExportParameters(includePrivateParameters: false).Modulus!,
        ];

        public DateTimeOffset Shift { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public bool IsDown { get; set; }

        public int Fetched { get; private set; }

        public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

        public long Seconds(int from) => Shift.AddSeconds(from).ToUnixTimeSeconds();

        public void Rotate(string name, int rsaBits = 2048)
        {
            (rsa, curve, id) = (RSA.Create(rsaBits), ECDsa.Create(ECCurve.NamedCurves.nistP256), name);
            wideCurve = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        }

        public string Sign(
            string algorithm, string? id = null, Action<Dictionary<string, object>>? header = null,
            Action<Dictionary<string, object>>? claims = null)
        {
            var head = new Dictionary<string, object>
            {
                ["alg"] = algorithm, ["typ"] = "JWT", ["kid"] = id ?? $"{this.id}-{(algorithm == "PS256" ? "RS256" : algorithm)}",
            };
            header?.Invoke(head);
            var body = new Dictionary<string, object>
            {
                ["iss"] = Name, ["sub"] = "17", ["aud"] = "foz", ["exp"] = Seconds(3600), ["nbf"] = Seconds(-10),
                ["preferred_username"] = "bia",
                ["realm"] = new { roles = new[] { "analysts", "readers" } },
            };
            claims?.Invoke(body);
            var signed =
                $"{Encode(JsonSerializer.SerializeToUtf8Bytes(head))}"
                    + $".{Encode(JsonSerializer.SerializeToUtf8Bytes(body))}";
            var bytes = Encoding.ASCII.GetBytes(signed);
            const DSASignatureFormat Fixed = DSASignatureFormat.IeeeP1363FixedFieldConcatenation;
            var signature = algorithm switch
            {
                "RS256" => rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
                "PS256" => rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
                "ES256" => curve.SignData(bytes, HashAlgorithmName.SHA256, Fixed),
                _ => wideCurve.SignData(bytes, HashAlgorithmName.SHA384, Fixed),
            };
            return $"{signed}.{Encode(signature)}";
        }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.Host == "hangs.example") await Task.Delay(Timeout.Infinite, cancellationToken);
            if (IsDown) throw new HttpRequestException("down");
            Fetched++;
            var (r, c, w) = (rsa.ExportParameters(includePrivateParameters: false),
                curve.ExportParameters(includePrivateParameters: false),
                wideCurve.ExportParameters(includePrivateParameters: false));
            object answer = request.RequestUri.AbsolutePath.EndsWith("openid-configuration", StringComparison.Ordinal)
                ? new { issuer = Name, jwks_uri = $"{Name}/keys" }
                : new
                {
                    keys = new object[]
                    {
                        7,
                        new { kty = "oct", kid = "x", k = "AAAA" },
                        new { kty = "RSA", kid = 7, n = "!", e = "!" },
                        new { kty = "RSA", kid = "damaged", n = "!", e = "!" },
                        new { kty = "EC", crv = "P-256", kid = "damaged", x = "AAAA", y = "AAAA" },
                        new
                        {
                            kty = "RSA", use = "sig", kid = $"{id}-RS256", n = Encode(r.Modulus),
                            e = Encode(r.Exponent), alg = RsaAlgorithm,
                        },
                        new
                        {
                            kty = "EC", crv = "P-384", kid = $"{id}-ES384", x = Encode(w.Q.X), y = Encode(w.Q.Y),
                        },
                        new
                        {
                            kty = "EC", crv = "P-256", alg = "ES256", kid = $"{id}-ES256", x = Encode(c.Q.X),
                            y = Encode(c.Q.Y),
                        },
                    },
                };
            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(answer)),
            };
        }

        protected override void Dispose(bool disposing)
        {
            rsa.Dispose();
            curve.Dispose();
            wideCurve.Dispose();
            base.Dispose(disposing);
        }
    }
}
