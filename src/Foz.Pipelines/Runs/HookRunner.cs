using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Statements;
using Foz.Lake.Tables;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;
using Foz.Storage;

namespace Foz.Pipelines.Runs;

/// <summary>Runs the statements of hooks on a lake.</summary>
/// <param name="lake">The lake.</param>
/// <param name="warn">Receives warnings about what was ignored.</param>
sealed class HookRunner(Lakehouse lake, Action<Warning> warn)
{
    /// <summary>What databases have and a lake does not: nothing is lost where it is passed over.</summary>
    static readonly string[] Meaningless =
    [
        "grant", "revoke", "create schema", "set", "use", "begin", "commit", "pragma", "install", "load", "checkpoint",
        "create index",
    ];

    /// <summary>Runs hooks in order.</summary>
    /// <exception cref="FozException">One is wrong, or fails.</exception>
    public async Task RunAsync(IReadOnlyList<ModelTemplate> hooks, CancellationToken cancellationToken)
    {
        foreach (var hook in hooks)
        {
            var body = hook.Render(isIncremental: false, new ProjectLake(lake), cancellationToken);
            foreach (var sql in Split(body.Text)) await RunAsync(sql, body.Start, cancellationToken);
        }
    }

    async Task RunAsync(string sql, Place place, CancellationToken cancellationToken)
    {
        if (Meaningless.FirstOrDefault(word => sql.StartsWith(word, StringComparison.OrdinalIgnoreCase)) is { } word)
        {
            warn(new($"{place}: '{word}' in a hook has no meaning in a lake, and is passed over"));
            return;
        }
        try
        {
            using var session = lake.Engines.Open(Workload.Models);
            var names = new EnvironmentNameResolver(lake, "", static _ => null);
            if (StatementReader.Read(sql) is { } statement)
                await new StatementRunner(new(session, names, lake.Tables)).RunAsync(statement, cancellationToken);
            else new ProjectLake(lake).Query(sql, cancellationToken);
        }
        catch (Exception e)
            when (e is FozException { Kind: not ErrorKind.Canceled } or DeltaException or StorageException)
        {
            var error = DeltaErrors.Find(e)!;
            throw new FozException(error.Kind, $"a hook failed: {error.Message}", e)
            {
                Place = place, Hint = error.Hint ?? sql,
            };
        }
    }

    /// <summary>The statements of a text, without those that are empty.</summary>
    static IEnumerable<string> Split(string text)
    {
        var (from, quote) = (0, '\0');
        for (var i = 0; i < text.Length; i++)
        {
            if (quote != '\0') quote = text[i] == quote ? '\0' : quote;
            else if (text[i] is '\'' or '"') quote = text[i];
            else if (text[i] == ';')
            {
                if (text[from..i].Trim() is { Length: > 0 } statement) yield return statement;
                from = i + 1;
            }
        }
        if (text[from..].Trim() is { Length: > 0 } last) yield return last;
    }
}
