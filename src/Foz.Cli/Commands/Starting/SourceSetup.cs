using Foz.Cli.Terminal;
using Foz.Cli.Terminal.Editing;
using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Cli.Commands.Starting;

/// <summary>Makes a source of what the user says: tests the connection, asks what it has, proposes settings.</summary>
/// <param name="context">The command's context.</param>
/// <param name="questions">Asks the user; null where nobody can be asked.</param>
sealed class SourceSetup(CommandContext context, Questions? questions)
{
    const int AskedStreamsMax = 8;
    static readonly IReadOnlyList<ResultColumn> Columns =
        [new("#", IsNumber: true), new("name"), new("rows", IsNumber: true), new("key"), new("cursor"),
            new("settings")];

    readonly Shell shell = context.Shell;

    /// <summary>Makes the source.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="name">Its name.</param>
    /// <param name="folder">The project's folder, which need not be there.</param>
    /// <param name="answers">What the command line says.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Thrown when it cannot be reached, and nobody can be asked again.</exception>
    public async Task<SourceDraft> MakeAsync(
        SourceKind kind, string name, string folder, SourceAnswers answers, CancellationToken cancellationToken)
    {
        var address = answers.Address;
        while (true)
            try
            {
                var connection = Connect(kind, name, folder, address);
                if (kind == SourceKind.Api)
                    return await OfApiAsync(connection, folder, answers, cancellationToken);
                await using var source = connection.Open(folder);
                var offered = await OfferedAsync(source, cancellationToken);
                return Chosen(connection, offered, answers);
            }
            catch (FozException e) when (questions is not null && address is null && e.Kind is not ErrorKind.Canceled)
            {
                context.Report(e, isVerbose: false);
            }
    }

    ConnectionDraft Connect(SourceKind kind, string name, string folder, string? address)
    {
        address ??= kind == SourceKind.Files
            ? questions!.Text(kind.Question, kind.Example)
            : questions!.Text($"{kind.Question} ({kind.Example})");
        if (kind == SourceKind.Files && !address.Contains("://", StringComparison.Ordinal))
        {
            address = shell.PathOf(address);
            if (!Directory.Exists(address))
                throw new FozException(ErrorKind.Usage, $"there is no folder {shell.Shown(address)}")
                {
                    Hint = "name a folder that has the files",
                };
        }
        var variable = ConnectionDraft.VariableOf(kind, name);
        var connection = ConnectionDraft.Read(kind, name, address, folder, () => SecretOf(kind, variable, folder));
        context.Secrets = new();
        if (connection.Secret is { } secret) context.Secrets.Add(secret);
        return connection;
    }

    string? SecretOf(SourceKind kind, string variable, string folder)
    {
        if (Variables.Load(folder, environment: null, new())[variable] is { Length: > 0 } known) return known;
        var question = $"The {ConnectionDraft.WordOf(kind)}, not shown (empty for none)";
        return questions?.Secret(question) is { Length: > 0 } answer ? answer : null;
    }

    async Task<List<StreamDraft>> OfferedAsync(ISource source, CancellationToken cancellationToken)
    {
        shell.Out.WriteLine(context.Mask(await source.CheckAsync(cancellationToken)));
        var offered = new List<StreamDraft>();
        foreach (var stream in await source.DiscoverAsync(cancellationToken))
            offered.Add(await Task.Run(() => StreamDraft.Of(stream, cancellationToken), cancellationToken));
        if (offered.Count == 0)
            throw new FozException(ErrorKind.Source, "there is nothing to load that this user can read")
            {
                Hint = "check the database or folder, and what the user may read",
            };
        return offered;
    }

    SourceDraft Chosen(ConnectionDraft connection, List<StreamDraft> offered, SourceAnswers answers)
    {
        var hasKeyQuestion = connection.Kind == SourceKind.Files;
        if (questions is not null) Show(offered);
        var chosen = answers.Streams.Count > 0 ? [.. Choose(offered, string.Join(',', answers.Streams))]
            : questions?.Read(
                "Which to load: all, or numbers or names with commas", "all", answer => Choose(offered, answer))
            ?? offered;
        var takesAll = chosen.Count == offered.Count && connection.Kind.IsDatabase;
        if (hasKeyQuestion && questions is not null && chosen.Count <= AskedStreamsMax)
            chosen = [.. chosen.Select(AskKeys)];
        return new(connection, ByCursor(chosen, answers), takesAll);
    }

    void Show(List<StreamDraft> offered)
    {
        // A database that was never analyzed does not know its rows; only files have settings.
        var hidden = new HashSet<int>();
        if (!offered.Exists(stream => stream.Rows is not null)) hidden.Add(2);
        if (!offered.Exists(stream => stream.Cursor is not null)) hidden.Add(4);
        if (!offered.Exists(stream => stream.Settings.Count > 1)) hidden.Add(5);
        var table = new TextTable([.. Shown(Columns)]);
        for (var i = 0; i < offered.Count; i++)
        {
            var stream = offered[i];
            table.Add([.. Shown<object?>(
            [
                $"{i + 1}", stream.Name, stream.Rows is { } rows ? $"{rows:N0}" : "", string.Join(", ", stream.Keys),
                stream.Cursor ?? "", string.Join(", ", stream.Settings.Skip(1).Select(s => $"{s.Name}: {s.Yaml}")),
            ])]);
        }
        table.Write(shell);
        foreach (var note in offered.SelectMany(stream => stream.Notes)) context.Warn(new(note));

        IEnumerable<T> Shown<T>(IEnumerable<T> cells) => cells.Where((_, column) => !hidden.Contains(column));
    }

    static List<StreamDraft> Choose(List<StreamDraft> offered, string answer)
    {
        if (answer.Equals("all", StringComparison.OrdinalIgnoreCase)) return offered;
        var chosen = new List<StreamDraft>();
        foreach (var word in answer.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            var range = word.Split('-');
            if (int.TryParse(range[0], out var first) && int.TryParse(range[^1], out var last) && range.Length <= 2
                && first >= 1 && first <= last && last <= offered.Count)
                chosen.AddRange(offered[(first - 1)..last]);
            else
                chosen.Add(offered.Find(stream => stream.Name.Equals(word, StringComparison.OrdinalIgnoreCase))
                    ?? throw new FozException(ErrorKind.Usage, $"there is no '{word}' to load")
                    {
                        Hint = NearestName.Hint(word, offered.Select(stream => stream.Name)),
                    });
        }
        return [.. chosen.Distinct()];
    }

    StreamDraft AskKeys(StreamDraft stream) => stream with
    {
        Keys = questions!.Read(
            $"Columns that identify a row of {stream.Name}, - for none",
            stream.Keys.Count > 0 ? string.Join(", ", stream.Keys) : "-",
            answer => answer == "-" ? [] : answer.Split(',', StringSplitOptions.TrimEntries).Select(key =>
                stream.Fields.FirstOrDefault(field => field.Name.Equals(key, StringComparison.OrdinalIgnoreCase))?.Name
                ?? throw new FozException(ErrorKind.Usage, $"{stream.Name} has no column '{key}'")
                {
                    Hint = NearestName.Hint(key, stream.Fields.Select(field => field.Name)),
                }).ToList()),
    };

    /// <summary>Lets streams with a cursor and a key be read by it, if the user wants that.</summary>
    List<StreamDraft> ByCursor(List<StreamDraft> streams, SourceAnswers answers)
    {
        var able = streams.Where(stream => stream is { Cursor: not null, Keys.Count: > 0 }).ToList();
        if (able.Count == 0) return streams;
        var isWanted = answers.ReadsByCursor || questions?.YesNo(
            $"Read only changed rows of {string.Join(", ", able.Select(s => $"{s.Name} (by {s.Cursor})"))}? "
            + "Deleted rows are then not noticed", otherwise: false) == true;
        return isWanted ? [.. streams.Select(s => able.Contains(s) ? s with { ReadsByCursor = true } : s)] : streams;
    }

    async Task<SourceDraft> OfApiAsync(
        ConnectionDraft connection, string folder, SourceAnswers answers, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> paths = answers.Streams;
        if (paths.Count == 0 && questions is not null)
            paths = questions.Text("Paths of lists below the address, with commas (such as orders, customers)")
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (paths.Count == 0)
            throw new FozException(ErrorKind.Usage, "an API does not list what it has")
            {
                Hint = "name the paths of lists below its address: --streams orders,customers",
            };
        var streams = new List<StreamDraft>();
        foreach (var path in paths) streams.Add(await ReadApiAsync(connection, folder, path, cancellationToken));
        if (questions is not null)
        {
            Show(streams);
            streams = [.. streams.Select(AskKeys)];
        }
        return new(connection, streams, TakesAll: false);
    }

    /// <summary>Reads the first page of a list, and finds where the rows are in it.</summary>
    static async Task<StreamDraft> ReadApiAsync(
        ConnectionDraft connection, string folder, string path, CancellationToken cancellationToken)
    {
        var stream = new StreamDefinition
        {
            Name = StartText.NameOf(path), Settings = Settings.Of(("path", path)),
        };
        var fields = await FieldsAsync(stream);
        var lists = fields.Where(field => field.Type is DataType.Array { Element: DataType.Struct }).ToList();
        var records = lists.Count == 1 ? lists[0].Name : null;
        if (records is not null)
            fields = await FieldsAsync(stream with { Settings = Settings.Of(("path", path), ("records", records)) });
        var draft = StreamDraft.Of(new(stream with { Mode = StreamMode.Snapshot }, fields), cancellationToken);
        return draft with
        {
            Keys = [.. fields.Where(field => field.Name is "id" or "uuid" or "key").Select(field =>
                field.Name).Take(1)],
            Settings = records is null ? draft.Settings : [.. draft.Settings, ("records", StartText.Yaml(records))],
        };

        async Task<IReadOnlyList<Field>> FieldsAsync(StreamDefinition definition)
        {
            await using var source = connection.Open(folder, definition);
            return (await source.DiscoverAsync(cancellationToken))[0].Fields;
        }
    }
}
