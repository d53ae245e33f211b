using System.Text;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Lake.Statements;

namespace Foz.Serving.Copying;

/// <summary>A COPY, to the client or from it.</summary>
abstract record CopyCommand;

/// <summary>A COPY to the client.</summary>
/// <param name="Query">The query whose rows are sent.</param>
/// <param name="QueryStart">The character of the statement that it begins at; null for a table's rows.</param>
/// <param name="Options">How.</param>
sealed record CopyOut(string Query, int? QueryStart, CopyOptions Options) : CopyCommand;

/// <summary>Reads COPY.</summary>
static class CopyReader
{
    /// <summary>Reads a statement; null where it is no COPY.</summary>
    /// <exception cref="FozException">It is malformed, or copies to or from a file.</exception>
    public static CopyCommand? Read(string sql)
    {
        var cursor = new StatementCursor(sql);
        if (!cursor.Takes("COPY")) return null;
        if (cursor.SeesSymbol('('))
        {
            cursor.TakesSymbol('(');
            var start = cursor.Position;
            return Out(cursor, cursor.Enclosed("a query"), start);
        }
        var table = cursor.TableNames();
        var columns = cursor.SeesSymbol('(') ? cursor.Names() : null;
        return cursor.Takes("FROM")
            ? In(cursor, table, columns)
            : Out(cursor,
                $"SELECT {(columns is null ? "*" : string.Join(", ", columns))} FROM "
                    + $"{string.Join('.', table.Select(SqlText.Identifier))}", start: null);
    }

    static CopyOut Out(StatementCursor cursor, string query, int? start)
    {
        cursor.Expect("TO");
        if (!cursor.Takes("STDOUT"))
            throw new FozException(ErrorKind.Denied, "COPY writes to the client only: TO STDOUT");
        var options = ReadOptions(cursor, isIn: false);
        cursor.ExpectEnd();
        return new(query, start, options);
    }

    static CopyIn In(StatementCursor cursor, IReadOnlyList<string> table, IReadOnlyList<string>? columns)
    {
        if (!cursor.Takes("STDIN"))
            throw new FozException(ErrorKind.Denied, "COPY reads from the client only: FROM STDIN")
            {
                Hint = "psql's \\copy sends a file of the client's machine",
            };
        var options = ReadOptions(cursor, isIn: true);
        if (cursor.Sees("WHERE")) throw cursor.Refused("COPY FROM takes all rows: WHERE is not supported");
        cursor.ExpectEnd();
        if (table is [TableName.Catalog, _, _]) table = [.. table.Skip(1)];
        if (table.Count > 2)
            throw new FozException(
                ErrorKind.NotFound, $"cross-database references are not implemented: \"{string.Join('.', table)}\"")
            {
                SqlState = "0A000",
            };
        return new(table.Count > 1 ? table[0] : null, table[^1], columns?.Select(NameOf).ToList(), options);
    }

    static string NameOf(string column) =>
        column.StartsWith('"') ? column[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : column;

    static CopyOptions ReadOptions(StatementCursor cursor, bool isIn)
    {
        var options = new CopyOptionsDraft { IsIn = isIn };
        cursor.Takes("WITH");
        if (!cursor.TakesSymbol('('))
        {
            while (!cursor.IsAtEnd && !cursor.Sees("WHERE")) ReadOption(cursor, options, isInList: false);
            return options.Finish();
        }
        do ReadOption(cursor, options, isInList: true);
        while (cursor.TakesSymbol(','));
        cursor.ExpectSymbol(')');
        return options.Finish();
    }

    static void ReadOption(StatementCursor cursor, CopyOptionsDraft options, bool isInList)
    {
        if (isInList && cursor.Takes("FORMAT")) options.Format = FormatOf(cursor, cursor.SettingValue());
        else if (!isInList && cursor.Takes("CSV")) options.Format = CopyFormat.Csv;
        else if (!isInList && cursor.Takes("BINARY")) options.Format = CopyFormat.Binary;
        else if (cursor.Takes("HEADER")) ReadHeader(cursor, options, isInList);
        else if (cursor.Takes("DELIMITER")) options.Delimiter = Character(cursor);
        else if (cursor.Takes("NULL")) options.Null = Text(cursor);
        else if (cursor.Takes("QUOTE")) options.Quote = Character(cursor);
        else if (cursor.Takes("ESCAPE")) options.Escape = Character(cursor);
        else if (cursor.Takes("FORCE_QUOTE") || cursor.Takes("FORCE", "QUOTE"))
        {
            cursor.ExpectSymbol('*');
            options.QuotesAll = true;
        }
        else if (options.IsIn && (cursor.Takes("FORCE_NOT_NULL") || cursor.Takes("FORCE", "NOT", "NULL")))
            options.ForceNotNull = Columns(cursor, isInList);
        else if (options.IsIn && (cursor.Takes("FORCE_NULL") || cursor.Takes("FORCE", "NULL")))
            options.ForceNull = Columns(cursor, isInList);
        else if (cursor.Takes("ENCODING")) CheckEncoding(cursor, Text(cursor));
        else throw cursor.Unexpected("an option of COPY");
    }

    static void ReadHeader(StatementCursor cursor, CopyOptionsDraft options, bool isInList)
    {
        options.HeaderMatches = options.IsIn && isInList && cursor.Takes("MATCH");
        options.HasHeader = options.HeaderMatches || !isInList || Switch(cursor);
    }

    static List<string> Columns(StatementCursor cursor, bool isInList)
    {
        if (isInList) return [.. cursor.Names().Select(NameOf)];
        List<string> columns = [];
        do columns.Add(cursor.Name("a column"));
        while (cursor.TakesSymbol(','));
        return columns;
    }

    static void CheckEncoding(StatementCursor cursor, string encoding)
    {
        if (encoding.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant() is not ("UTF8" or "UNICODE"))
            throw cursor.Refused($"encoding \"{encoding}\" is not supported: rows are UTF8");
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
        var text = cursor.Text();
        return text is ['E' or 'e', '\'', .., '\''] ? Unescaped(text[2..^1]) : text;
    }

    /// <summary>The characters of a text that is written as <c>E'\t'</c>.</summary>
    static string Unescaped(string text)
    {
        var characters = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            // A quote stands there twice.
            var isEscaped = text[i] == '\\' && i + 1 < text.Length;
            if (isEscaped || text[i] == '\'') i++;
            characters.Append(!isEscaped ? text[i] : text[i] switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                var other => other,
            });
        }
        return characters.ToString();
    }

    static char Character(StatementCursor cursor) =>
        Text(cursor) is [< (char)128 and not ('\n' or '\r' or '\0') and var only]
            ? only
            : throw cursor.Refused("it is a single one-byte character, and no end of a line", "22023");

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

        public bool IsIn { get; init; }

        public bool HeaderMatches { get; set; }

        public IReadOnlyList<string> ForceNull { get; set; } = [];

        public IReadOnlyList<string> ForceNotNull { get; set; } = [];

        public CopyOptions Finish() => new()
        {
            HeaderMatches = HeaderMatches, ForceNull = ForceNull, ForceNotNull = ForceNotNull,
            Format = Format, HasHeader = HasHeader, Delimiter = Delimiter ?? (Format == CopyFormat.Csv ? ',' : '\t'),
            Null = Null ?? (Format == CopyFormat.Csv ? "" : "\\N"), Quote = Quote ?? '"',
            Escape = Escape ?? Quote ?? '"',
            QuotesAll = QuotesAll,
        };
    }
}
