using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Operations.Alerts;
using Foz.Operations.Channels;
using Foz.Serving;
using Foz.Serving.Governance;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Cli.Commands.Operating;

/// <summary>Reads the rows of alerts with the rights and masks of a user or role, as the SQL ports do.</summary>
/// <param name="sql">Serves the lake.</param>
/// <param name="users">Gives the users.</param>
/// <param name="access">Gives the grants.</param>
sealed class AlertRows(SqlService sql, Func<UserList> users, Func<AccessList> access)
{
    const int TextMax = 200;

    /// <summary>Whether the project has users.</summary>
    public bool HasUsers => users() is var list && list.All.Count + list.Issuers.Count > 0;

    /// <summary>Reads the first rows of a SELECT.</summary>
    /// <exception cref="FozException">It fails, or the user may not, or is not there.</exception>
    public async Task<MessageRows> ReadAsync(AlertQuery query, CancellationToken cancellationToken)
    {
        await using var session = sql.Open(UserOf(query.User), new SessionOptions());
        // Within another SELECT it cannot be anything else than one.
        var statement = await session.PrepareAsync(
            string.Create(
                CultureInfo.InvariantCulture, $"SELECT * FROM (\n{query.Sql}\n) AS found LIMIT {query.RowsMax}"),
            [], cancellationToken);
        await using var cursor = await statement.ExecuteAsync([], cancellationToken);
        var rows = new List<IReadOnlyList<string?>>();
        while (rows.Count < query.RowsMax
            && await cursor.FetchAsync(query.RowsMax - rows.Count, cancellationToken) is { } slice)
            for (var i = 0; i < slice.Count; i++) rows.Add([.. slice.Chunk.GetRow(slice.Start + i).Select(Text)]);
        return new([.. cursor.Columns?.Select(column => column.Name) ?? []], rows);
    }

    SessionUser UserOf(string? name)
    {
        if (name is null) return new("foz", IsOwner: true);
        if (users().Find(name) is { } user) return new(user.Name, user.IsOwner);
        var roles = access().Roles.ToList();
        return roles.Contains(name, StringComparer.Ordinal)
            ? new(name, IsOwner: false) { Roles = [name] }
            : throw new FozException(ErrorKind.Configuration, $"there is no user or role '{name}'")
            {
                Hint = NearestName.Hint(name, [.. users().All.Select(known => known.Name), .. roles]),
            };
    }

    static string? Text(object? value)
    {
        var text = value switch
        {
            null => null,
            DateTime or DateTimeOffset or DateOnly =>
                ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString(),
        };
        return text is { Length: > TextMax } ? $"{text[..TextMax]}…" : text;
    }
}
