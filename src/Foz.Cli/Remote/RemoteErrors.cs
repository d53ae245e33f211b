using System.Globalization;
using Foz.Connectors.PostgreSql;
using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Wire.PostgreSql;

namespace Foz.Cli.Remote;

/// <summary>Errors that a server reports of statements, as the platform's own.</summary>
static class RemoteErrors
{
    /// <summary>The error of a statement.</summary>
    /// <param name="error">What the server reported.</param>
    /// <param name="statement">The statement.</param>
    /// <param name="text">The text that it stands in.</param>
    /// <param name="start">The character of the text that it begins at.</param>
    public static FozException Of(PgServerException error, string statement, string text, int start)
    {
        var report = error.Report;
        var hints = string.Join("\n  ", new[] { report.Detail, report.Hint, report.Context }.OfType<string>());
        return new FozException(ErrorKind.OfSqlState(report.SqlState), report.Text, error)
        {
            SqlState = report.SqlState,
            Hint = hints.Length > 0 ? hints : null,
            Place = PositionOf(report, statement) is { } position ? SqlPlaces.At(text, start + position) : null,
        };
    }

    /// <summary>The character of the statement that a report is about; it counts from 1, in code points.</summary>
    static int? PositionOf(ServerMessage report, string statement)
    {
        if (!report.Others.TryGetValue('P', out var text)
            || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position))
            return null;
        var at = 0;
        foreach (var rune in statement.EnumerateRunes())
        {
            if (--position <= 0) break;
            at += rune.Utf16SequenceLength;
        }
        return at;
    }
}
