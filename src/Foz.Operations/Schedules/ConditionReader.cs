using Foz.Lake.Configuration;

namespace Foz.Operations.Schedules;

/// <summary>Reads the triggers of a schedule that come from outside: files, ages, calls.</summary>
/// <param name="errors">Takes what is wrong.</param>
sealed class ConditionReader(ErrorList errors)
{
    public const string FilesKey = "on_files", StaleKey = "on_stale", WebhookKey = "webhook";

    const string AgeKey = "older_than";
    const int SecretCharsMin = 16, CallsMax = 100_000;

    /// <summary>Reads the trigger; null where a schedule has none of these.</summary>
    public ScheduleTrigger? Read(MappingReader reader)
    {
        var (files, stale) = (Streams(reader, FilesKey), Streams(reader, StaleKey));
        TimeSpan? age = reader.Node(AgeKey) is not { } node ? null
            : node is YamlNode.Scalar scalar && Duration.TryParseWords(scalar.Text, out var length)
                && length >= TimeSpan.FromSeconds(1) ? length
            : reader.Wrong<TimeSpan?>(node, AgeKey, "a length of time, such as 15m or '2 hours'");
        if (reader.Has(AgeKey) && !reader.Has(StaleKey))
            errors.Add(reader.PlaceOf(AgeKey), $"'{AgeKey}' belongs to '{StaleKey}'");
        return files.Count > 0 ? new ScheduleTrigger.NewFiles(files)
            : stale.Count > 0 ? new ScheduleTrigger.Stale(stale, age)
            : reader.Has(WebhookKey) ? new ScheduleTrigger.Webhook()
            : null;
    }

    /// <summary>Reads who may call a schedule; null where there is no webhook, or it is wrong.</summary>
    /// <param name="reader">The schedule.</param>
    /// <param name="variables">What secrets are filled in from; null where they are not.</param>
    /// <param name="secrets">Takes them; null where nothing does.</param>
    public WebhookAccess? Webhook(MappingReader reader, Variables? variables, Secrets? secrets)
    {
        if (reader.Node(WebhookKey) is not { } node) return null;
        var own = MappingReader.Of(node, node.Place, "a webhook", errors, ScheduleKeys.Webhook);
        var (secret, token) = (Secret(own, "secret", variables, secrets), Secret(own, "token", variables, secrets));
        var rate = (int)(own.Integer("rate", 1, CallsMax) ?? WebhookAccess.CallsDefault);
        if (!own.Has("secret") && !own.Has("token"))
            errors.Add(
                node.Place, "a webhook needs a 'secret' or a 'token'", "webhook: {secret: '${NIGHTLY_SECRET}'}");
        own.Finish();
        return secret is null && token is null ? null : new(secret, token, rate);
    }

    List<string> Streams(MappingReader reader, string key)
    {
        var streams = new List<string>();
        foreach (var scalar in reader.Scalars(key))
            if (scalar.IsNull || scalar.Text.Length == 0)
                errors.Add(scalar.Place, $"'{scalar.Text}' is not a source or stream", "write shop, or shop.orders");
            else streams.Add(scalar.Text);
        return streams;
    }

    string? Secret(MappingReader reader, string key, Variables? variables, Secrets? secrets)
    {
        if (reader.Text(key) is not { } text) return null;
        if (!VariableText.IsOnlyVariables(text))
        {
            errors.Add(
                reader.PlaceOf(key), $"'{key}' is a secret, and must come from the environment",
                $"write {key}: '${{NAME}}', and set NAME in the environment or in {Variables.FileName}");
            return null;
        }
        if (variables is null) return null;
        var count = errors.Items.Count;
        var value = VariableText.Expand(text, reader.PlaceOf(key), variables, errors);
        if (errors.Items.Count > count) return null;
        secrets?.Add(value);
        if (value.Length >= SecretCharsMin) return value;
        errors.Add(
            reader.PlaceOf(key), $"the value of '{key}' is shorter than {SecretCharsMin} characters",
            "openssl rand -hex 32 makes one");
        return null;
    }
}
