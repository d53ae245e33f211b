using System.Globalization;
using Foz.Core.Engine;

namespace Foz.Core.Serving.PostgreSql;

/// <content>Casts.</content>
sealed partial class PgTranslator
{
    /// <summary><c>x::type</c>.</summary>
    void VisitCast(int i)
    {
        var (type, end) = (i + 2, tokens.TypeEnd(i + 2));
        var start = tokens.OperandStart(i - 1);
        var isConstant = IsConstant(start, i);
        if (LookUpOf(type, isConstant) is { } lookUp)
        {
            // The number of what it is, which the operand is already.
            if (!isConstant && tokens.IsCast(end) && LastName(end + 2) == "oid") Replace(i, end, "");
            else
            {
                edits.Before(tokens.StartOf(start), lookUp);
                Replace(i, end, ")");
            }
            return;
        }
        if (start == i - 1 && tokens.KindOf(start) == SqlTokenKind.Text && ArrayOf(start, type, end) is { } list)
        {
            Replace(start, end, list);
            return;
        }
        isDone[i] = isDone[i + 1] = true;
        VisitType(type, end);
    }

    /// <summary><c>CAST(x AS type)</c>.</summary>
    void VisitCastCall(int i)
    {
        var close = tokens.PartnerOf(i + 1);
        var at = AsOf(i, close);
        if (at < 0) return;
        var type = at + 1;
        if (LookUpOf(type, isConstant: IsConstant(i + 2, at)) is { } lookUp)
        {
            Replace(i, i + 2, lookUp);
            Replace(at, close + 1, ")");
        }
        else if (at == i + 3 && tokens.KindOf(i + 2) == SqlTokenKind.Text && ArrayOf(i + 2, type, close) is { } list)
        {
            Replace(i, close + 1, list);
        }
        else
        {
            VisitType(type, tokens.TypeEnd(type));
        }
    }

    /// <summary>The AS of a CAST; −1 where there is none.</summary>
    int AsOf(int i, int close)
    {
        for (var at = i + 2; at < close; at++)
        {
            if (tokens.IsSymbol(at, '(') || tokens.IsSymbol(at, '[')) at = tokens.PartnerOf(at);
            else if (tokens.IsWord(at, "as")) return at;
        }
        return -1;
    }

    bool IsConstant(int start, int end) =>
        (end == start + 1 && tokens.KindOf(start) == SqlTokenKind.Text) || (end == start + 2 && tokens.IsSymbol(start, '$'));

    /// <summary>
    /// The call that looks an operand up in the catalog where a type asks for it, up to its argument; null for another type.
    /// </summary>
    string? LookUpOf(int type, bool isConstant) => (LastName(type), isConstant) switch
    {
        ("regclass", true) => LookUp("oid", "regclass"),
        ("regclass", false) => LookUp("text", "regclass_name"),
        ("regtype", true) => LookUp("oid", "regtype"),
        ("regtype", false) => LookUp("text", "format_type"),
        ("regproc" or "regprocedure", true) => LookUp("oid", "regproc"),
        ("regproc" or "regprocedure", false) => LookUp("text", "proc_name"),
        ("regnamespace", true) => LookUp("oid", "regnamespace"),
        ("regnamespace", false) => LookUp("text", "namespace_name"),
        ("regrole", true) => LookUp("oid", "regrole"),
        ("regrole", false) => LookUp("text", "pg_get_userbyid"),
        _ => null,
    };

    string LookUp(string kind, string function) =>
        string.Create(CultureInfo.InvariantCulture, $"foz_catalog_{kind}({context.Catalog()}, '{function}', ");

    /// <summary>A text as the list that it is of a type of arrays.</summary>
    string? ArrayOf(int text, int type, int end)
    {
        if (!tokens.IsSymbol(end - 1, ']') || PgTypes.FindByName(LastName(type)) is not { } oid
            || PgTypes.Find(oid) is not { } element) return null;
        var value = tokens.Sql[(tokens.StartOf(text) + 1)..(tokens.EndOf(text) - 1)].Replace("''", "'", StringComparison.Ordinal);
        return value.TrimStart().StartsWith('{') ? PgArrayText.ToSql(value, element) : null;
    }

    /// <summary>The last part of a type's name.</summary>
    string LastName(int type)
    {
        while (tokens.IsSymbol(type + 1, '.') && tokens.IsName(type + 2)) type += 2;
        return tokens.IsName(type) ? tokens.NameOf(type) : "";
    }

    /// <summary>Writes a type as DuckDB knows it.</summary>
    void VisitType(int type, int end)
    {
        var last = type;
        while (tokens.IsSymbol(last + 1, '.') && tokens.IsName(last + 2)) last += 2;
        if (!tokens.IsName(last)) return;
        var hasDigits = tokens.IsSymbol(last + 1, '(');
        if (PgTypeNames.EngineName(tokens.NameOf(last), hasDigits) is { } name)
            // Digits of such a type say nothing to DuckDB.
            Replace(type, hasDigits ? tokens.PartnerOf(last + 1) + 1 : last + 1, name);
        else if (last > type) Replace(type, last, "");
        for (var i = type; i < end; i++) isDone[i] = true;
    }
}
