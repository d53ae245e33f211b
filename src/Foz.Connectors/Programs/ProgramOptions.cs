using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Programs;

/// <summary>A third-party program that reads a source, and the options it gets.</summary>
sealed record ProgramOptions
{
    /// <summary>
    /// The program and its first arguments; of a container <see cref="ContainerProgram"/> and the image.
    /// </summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The arguments after its subcommand and the files that belong to it.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Whether it runs in a container, where its files are under <see cref="ContainerFolder"/>.</summary>
    public bool IsContainer { get; init; }

    /// <summary>Its configuration, as JSON.</summary>
    public required string Config { get; init; }

    /// <summary>Additional environment variables; those of this process take precedence.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Whether it ends with a message of the type <c>END</c>; otherwise its exit code alone shows that it is done.
    /// </summary>
    public bool TellsEnd { get; init; }

    /// <summary>How long it may run.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>How long it may say nothing.</summary>
    public TimeSpan SilenceMax { get; init; }

    /// <summary>How much memory it may hold; null for any.</summary>
    public long? MemoryBytesMax { get; init; }

    /// <summary>How much it may write in one run, in bytes.</summary>
    public long OutputBytesMax { get; init; }

    /// <summary>The program that runs containers.</summary>
    public const string ContainerProgram = "docker";

    /// <summary>The folder that a container sees the files in.</summary>
    public const string ContainerFolder = "/foz";

    static readonly string[] SecretWords = ["token", "key", "secret", "password", "credential"];

    /// <summary>What a connection can be set to.</summary>
    /// <param name="withImage">Whether it can be a container.</param>
    public static IReadOnlyList<SettingSpec> Specs(bool withImage) =>
    [
        new("command", "the program and its arguments, a list") { IsRequired = !withImage },
        .. withImage
            ?
            [
                new SettingSpec("image", "instead of `command`: the container's image, run by `docker`"),
                new SettingSpec(
                    "arguments",
                    "more arguments after the subcommand, a list, such as `[--manifest-path, orders.yaml]`"),
            ]
            : Array.Empty<SettingSpec>(),
        new("config",
            "its configuration; `a.b: c` is a nested value; numbers, `true` and `false` are values of JSON")
        {
            IsSecretKey = name => SecretWords.Any(w => name.Contains(w, StringComparison.OrdinalIgnoreCase)),
        },
        new("timeout", "how long one run of it may take") { Default = "6h" },
        new("silence_max", "how long it may say nothing") { Default = "15m" },
        new("memory", "how much memory it may hold, such as `2GB`") { Default = "any" },
        new("output_max", "how much it may write in one run") { Default = "100GB" },
    ];

    /// <summary>What a connection is set to.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="given">The program, where they do not say it.</param>
    /// <exception cref="FozException">A setting is wrong.</exception>
    public static ProgramOptions Read(Settings settings, IReadOnlyList<string>? given = null)
    {
        var (command, image) =
            (given ?? settings.Texts("command"), settings.Names.Contains("image") ? settings.Text("image") : null);
        if (command.Count == 0 == (image is null))
            throw settings.Wrong("command", image is null ? "a program" : "left out beside 'image'");
        return new()
        {
            Command = image is null ? command : [ContainerProgram, image],
            Arguments = settings.Names.Contains("arguments") ? settings.Texts("arguments") : [],
            IsContainer = image is not null,
            Config = ConfigOf(settings),
            Timeout = settings.Duration("timeout", TimeSpan.FromHours(6)),
            SilenceMax = settings.Duration("silence_max", TimeSpan.FromMinutes(15)),
            MemoryBytesMax = Size(settings, "memory"),
            OutputBytesMax = Size(settings, "output_max") ?? 100_000_000_000,
        };
    }

    static long? Size(Settings settings, string name) => settings.Text(name) switch
    {
        null => null,
        var text when MemorySize.TryParse(text, out var size) => size.Bytes,
        var text => throw settings.Wrong(name, $"an amount such as 512MB or 2GB, not '{text}'"),
    };

    static string ConfigOf(Settings settings)
    {
        var root = new JsonObject();
        foreach (var (key, value) in settings.Map("config"))
        {
            var (at, parts) = (root, key.Split('.'));
            foreach (var part in parts[..^1])
                at = at[part] as JsonObject
                    ?? (at.ContainsKey(part)
                        ? throw settings.Wrong("config", $"without '{key}' where '{part}' is a value")
                        : (JsonObject)(at[part] = new JsonObject()));
            at[parts[^1]] = Literal(value);
        }
        return root.ToJsonString();
    }

    static JsonNode? Literal(string text)
    {
        if (text.Length > 0
            && (text is "true" or "false" || text[0] is '-' or '[' or '{' || char.IsAsciiDigit(text[0])))
            try
            {
                return JsonNode.Parse(text);
            }
            catch (JsonException)
            {
                // A text that begins like a number, such as a date.
            }
        return JsonValue.Create(text);
    }
}
