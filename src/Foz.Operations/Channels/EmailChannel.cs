using Foz.Lake.Configuration;

namespace Foz.Operations.Channels;

/// <summary>E-mail by a server of SMTP, with STARTTLS or TLS, and a password or OAuth 2.</summary>
sealed class EmailChannel : IAlertChannel
{
    const string HostKey = "host", PortKey = "port", TlsKey = "tls", UserKey = "user", PasswordKey = "password";
    const string FromKey = "from", ToKey = "to";
    const string StartTls = "starttls", Implicit = "implicit", None = "none";
    const int PortMax = 65_535, ImplicitPort = 465, SubmissionPort = 587, RelayPort = 25, RecipientsMax = 50;

    readonly SmtpSender sender;
    readonly OAuthTokens? tokens;

    EmailChannel(ChannelSettings settings)
    {
        (Name, Words) = (settings.Name, settings.Words);
        var values = settings.Values;
        var (tls, port) = (values.Text(TlsKey), (int?)values.Integer(PortKey));
        if (port is < 1 or > PortMax) throw values.Wrong(PortKey, $"a port from 1 to {PortMax}");
        tls ??= port == ImplicitPort ? Implicit : StartTls;
        var (user, password, oauth) = (values.Text(UserKey), values.Text(PasswordKey), values.Section(OAuthTokens.Key));
        if (password is not null && oauth is not null)
            throw values.Wrong(OAuthTokens.Key, $"left out with '{PasswordKey}'");
        if ((user is null) != (password is null && oauth is null))
            throw values.Wrong(
                user is null ? UserKey : PasswordKey,
                user is null ? "set where a password or 'oauth' is" : "set, or 'oauth', where 'user' is");
        if (tls == None && user is not null)
            throw values.Wrong(TlsKey, $"{StartTls} or {Implicit}, as a password is sent");
        sender = new(settings)
        {
            Host = values.RequiredText(HostKey),
            Port = port ?? (tls switch { Implicit => ImplicitPort, None => RelayPort, _ => SubmissionPort }),
            Tls = tls switch { Implicit => SmtpTls.Implicit, None => SmtpTls.None, _ => SmtpTls.Start },
            Authorities = settings.Authorities(),
            User = user, Password = password,
            From = Addresses(values, FromKey, max: 1)[0], To = Addresses(values, ToKey, RecipientsMax),
        };
        tokens = oauth is null ? null : new(settings, oauth);
    }

    /// <summary>Gets the type.</summary>
    public static ChannelType Type { get; } = new(
        "email",
        [
            new(HostKey, "the server of SMTP") { IsRequired = true },
            new(PortKey, "its port") { Default = "587; 465 with `tls: implicit`, 25 with `tls: none`" },
            new(TlsKey, "how the connection is encrypted; `none` has no password")
            {
                Values = [StartTls, Implicit, None], Default = "`starttls`; `implicit` on port 465",
            },
            new(UserKey, "the user who logs in") { Default = "no log-in" },
            new(PasswordKey, "the user's password, or a password for apps") { IsSecret = true },
            OAuthTokens.Setting,
            new(FromKey, "the sender: `foz@example.org`, or `Foz <foz@example.org>`") { IsRequired = true },
            new(ToKey, "the recipient, or a list") { IsRequired = true },
            ChannelSettings.Ca,
        ],
        settings => new EmailChannel(settings));

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public MessageWords Words { get; }

    /// <inheritdoc/>
    public void Dispose() => tokens?.Dispose();

    /// <inheritdoc/>
    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        for (var isRepeated = false; ; isRepeated = true)
        {
            string? token = null;
            if (tokens is not null)
            {
                (token, var failure) = await tokens.GetAsync(cancellationToken);
                if (failure is not null) return failure;
            }
            var (delivery, isLogInRefused) = await sender.SendAsync(message, Words, token, cancellationToken);
            if (token is null || !isLogInRefused) return delivery;
            // A token can be withdrawn before its end.
            await tokens!.ForgetAsync(token, cancellationToken);
            if (isRepeated) return delivery;
        }
    }

    static IReadOnlyList<string> Addresses(Settings values, string key, int max)
    {
        var texts = values.Texts(key);
        if (texts.Count == 0 || texts.Count > max)
            throw values.Wrong(key, max == 1 ? "one address" : $"one to {max} addresses");
        return texts.FirstOrDefault(text => !SmtpSender.IsAddress(text)) is { } wrong
            ? throw values.Wrong(key, $"an address such as foz@example.org, not '{wrong}'")
            : texts;
    }
}
