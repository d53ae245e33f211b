using Foz.Core.Statements;

namespace Foz.Core.Serving;

/// <summary>A COPY to the client.</summary>
/// <param name="Query">The query whose rows are sent.</param>
/// <param name="QueryStart">The character of the statement that it begins at; null for a table's rows.</param>
/// <param name="Options">How.</param>
sealed record CopyOut(string Query, int? QueryStart, CopyOptions Options);

/// <summary>Reads COPY.</summary>
static class CopyReader
{
    /// <summary>Reads a statement; null where it is no COPY.</summary>
    /// <exception cref="FozException">It is malformed, or copies to or from a file.</exception>
    public static CopyOut? Read(string sql)
    {
        var cursor = new StatementCursor(sql);
        if (!cursor.Takes("COPY")) return null;
        string query;
        int? start = null;
        if (cursor.SeesSymbol('('))
        {
            cursor.TakesSymbol('(');
            start = cursor.Position;
            query = cursor.Enclosed("a query");
        }
        else
        {
            var table = cursor.TableText();
            var columns = cursor.SeesSymbol('(') ? string.Join(", ", cursor.Names()) : "*";
            query = $"SELECT {columns} FROM {table}";
        }
        if (cursor.Sees("FROM")) throw cursor.Refused("COPY FROM is not supported yet: use INSERT");
        cursor.Expect("TO");
        if (!cursor.Takes("STDOUT"))
            throw new FozException(ErrorKind.Denied, "COPY writes to the client only: TO STDOUT");
        var options = ReadOptions(cursor);
        cursor.ExpectEnd();
        return new(query, start, options);
    }

    static CopyOptions ReadOptions(StatementCursor cursor)
    {
        var options = new CopyOptionsDraft();
        cursor.Takes("WITH");
        if (!cursor.TakesSymbol('('))
        {
            while (!cursor.IsAtEnd) ReadOption(cursor, options, isInList: false);
            return options.Finish();
        }
        do ReadOption(cursor, options, isInList: true);
        while (cursor.TakesSymbol(','));
        cursor.ExpectSymbol(')');
        return options.Finish();
    }

    static void ReadOption(StatementCursor cursor, CopyOptionsDraft options, bool isInList)
    {
        if (isInList && cursor.Takes("FORMAT")) options.Format = FormatOf(cursor, cursor.Name("a format"));
        else if (!isInList && cursor.Takes("CSV")) options.Format = CopyFormat.Csv;
        else if (!isInList && cursor.Takes("BINARY")) options.Format = CopyFormat.Binary;
        else if (cursor.Takes("HEADER")) options.HasHeader = !isInList || Switch(cursor);
        else if (cursor.Takes("DELIMITER")) options.Delimiter = Character(cursor);
        else if (cursor.Takes("NULL")) options.Null = Text(cursor);
        else if (cursor.Takes("QUOTE")) options.Quote = Character(cursor);
        else if (cursor.Takes("ESCAPE")) options.Escape = Character(cursor);
        else if (cursor.Takes("FORCE_QUOTE") || cursor.Takes("FORCE", "QUOTE"))
        {
            cursor.ExpectSymbol('*');
            options.QuotesAll = true;
        }
        else if (cursor.Takes("ENCODING")) Text(cursor);
        else throw cursor.Unexpected("an option of COPY");
    }

    static CopyFormat FormatOf(StatementCursor cursor, string name) => name.ToLowerInvariant() switch
    {
        "text" => CopyFormat.Text,
        "csv" => CopyFormat.Csv,
        "binary" => CopyFormat.Binary,
        _ => throw cursor.Refused($"COPY format \"{name}\" not recognized", "22023"),
    };

    static bool Switch(StatementCursor cursor) =>
        cursor.SeesSymbol(',') || cursor.SeesSymbol(')')
        || cursor.SettingValue().ToLowerInvariant() is "on" or "true" or "1" or "match";

    static string Text(StatementCursor cursor)
    {
        cursor.Takes("AS");
        return cursor.Text();
    }

    static char Character(StatementCursor cursor) => Text(cursor) is [var only]
        ? only
        : throw cursor.Refused("it is one character", "22023");

    /// <summary>Options whose defaults depend on the format.</summary>
    sealed class CopyOptionsDraft
    {
        public CopyFormat Format { get; set; }

        public bool HasHeader { get; set; }

        public char? Delimiter { get; set; }

        public string? Null { get; set; }

        public char? Quote { get; set; }

        public char? Escape { get; set; }

        public bool QuotesAll { get; set; }

        public CopyOptions Finish() => new()
        {
            Format = Format, HasHeader = HasHeader, Delimiter = Delimiter ?? (Format == CopyFormat.Csv ? ',' : '\t'),
            Null = Null ?? (Format == CopyFormat.Csv ? "" : "\\N"), Quote = Quote ?? '"', Escape = Escape ?? Quote ?? '"',
            QuotesAll = QuotesAll,
        };
    }
}
