using System.Globalization;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Operations.Alerts;
using Foz.Operations.Channels;
using Foz.Operations.Incidents;
using Foz.Serving;
using Foz.Serving.Governance;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Cli.Commands.Operating;

/// <summary>Reads the rows of alerts with the rights and masks of a user or role, as the SQL ports do.</summary>
/// <param name="sql">Serves the lake.</param>
/// <param name="names">Resolves the names of tables.</param>
/// <param name="users">Gives the users.</param>
/// <param name="access">Gives the grants.</param>
sealed class AlertRows(
    SqlService sql, EnvironmentNameResolver names, Func<UserList> users, Func<AccessList> access)
{
    const int ColumnsMax = 30;
    const int TextMax = 200;

    /// <summary>Whether the project has users.</summary>
    public bool HasUsers => users() is var list && list.All.Count + list.Issuers.Count > 0;

    /// <summary>Reads the first rows of a SELECT; values are cut, and columns after the first 30 left out.</summary>
    /// <returns>The rows; none where the user sees masked what decides about them.</returns>
    /// <exception cref="FozException">It fails, or the user may not, or is not there.</exception>
    public async Task<MessageRows> ReadAsync(AlertQuery query, CancellationToken cancellationToken)
    {
        var user = UserOf(query.User);
        foreach (var columns in query.Decides)
            if (!user.IsOwner && !await SeesAsync(user, columns, cancellationToken)) return new([], []);
        await using var session = sql.Open(user, new SessionOptions());
        // Within another SELECT it cannot be anything else than one.
        var statement = await session.PrepareAsync(
            string.Create(
                CultureInfo.InvariantCulture, $"SELECT * FROM (\n{query.Sql}\n) AS found LIMIT {query.RowsMax}"),
            [], cancellationToken);
        await using var cursor = await statement.ExecuteAsync([], cancellationToken);
        var rows = new List<IReadOnlyList<string?>>();
        while (rows.Count < query.RowsMax
            && await cursor.FetchAsync(query.RowsMax - rows.Count, cancellationToken) is { } slice)
            for (var i = 0; i < slice.Count; i++)
                rows.Add([.. slice.Chunk.GetRow(slice.Start + i).Take(ColumnsMax).Select(Text)]);
        return new([.. (cursor.Columns ?? []).Take(ColumnsMax).Select(column => column.Name)], rows);
    }

    /// <summary>Whether a user reads columns as they are: a check of masked values finds other rows.</summary>
    async Task<bool> SeesAsync(SessionUser user, DecidingColumns columns, CancellationToken cancellationToken)
    {
        var name = await names.ResolveAsync(TableName.Parse(columns.Table), cancellationToken);
        if (access().Of(new Grantee(user.Name) { Roles = user.Roles }, name) is not { } granted
            || (columns.NeedsAllRows && granted.HidesRows))
            return false;
        var table = await names.Lake.OpenTableAsync(name, cancellationToken);
        return await table.FindLatestAsync(cancellationToken) is { } latest
            && latest.Fields.All(field => (granted.Shows(field) && !granted.Masks(field))
                || columns.Columns?.Contains(field.Name, StringComparer.OrdinalIgnoreCase) is false);
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
        if (value is null) return null;
        var text = ValueText.Of(value);
        return text.Length > TextMax ? $"{text[..TextMax]}…" : text;
    }
}
