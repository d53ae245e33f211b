using System.Globalization;
using Foz.Lake.Sql;
using Foz.Serving.PostgreSql.Functions;
using Foz.Serving.PostgreSql.Types;

namespace Foz.Serving.PostgreSql.Translation;

/// <content>Casts.</content>
sealed partial class PgTranslator
{
    /// <summary><c>x::type</c>.</summary>
    void VisitCast(int i)
    {
        var (type, end) = (i + 2, Tokens.TypeEnd(i + 2));
        var start = Tokens.OperandStart(i - 1);
        if (Tokens.IsSymbol(start, '(') && (Tokens.IsWord(start - 1, "array") || Tokens.IsWord(start - 1, "exists")))
            start--;
        var isConstant = IsConstant(start, i);
        if (LookUpOf(type, isConstant) is { } lookUp)
        {
            // The number of what it is, and not its name.
            if (LastName(type) == "regclass" && Tokens.IsCast(end) && LastName(end + 2) == "oid")
                lookUp = LookUp("oid", "regclass");
            else if (isConstant
                && (IsColumn(start, end) || (Tokens.IsCast(end) && LastName(end + 2) is "text" or "varchar")))
            {
                // The name, as the catalog writes it.
                Edits.Before(Tokens.StartOf(start), LookUpOf(type, isConstant: false) + lookUp);
                Replace(i, end, "))");
                return;
            }
            else if (!isConstant && Tokens.IsCast(end) && LastName(end + 2) == "oid")
            {
                Replace(i, end, "");
                return;
            }
            Edits.Before(Tokens.StartOf(start), lookUp);
            Replace(i, end, ")");
            return;
        }
        if (start == i - 1 && Tokens.KindOf(start) == SqlTokenKind.Text && ArrayOf(start, type, end) is { } value)
        {
            Replace(start, end, value);
            return;
        }
        if (Converted(start, i, type, end) is var (before, after))
        {
            Edits.Before(Tokens.StartOf(start), before);
            Replace(i, end, after);
            return;
        }
        IsDone[i] = IsDone[i + 1] = true;
        VisitType(type, end);
    }

    /// <summary><c>CAST(x AS type)</c>.</summary>
    void VisitCastCall(int i)
    {
        var close = Tokens.PartnerOf(i + 1);
        var at = AsOf(i, close);
        if (at < 0) return;
        var type = at + 1;
        if (LookUpOf(type, isConstant: IsConstant(i + 2, at)) is { } lookUp)
        {
            Replace(i, i + 2, lookUp);
            Replace(at, close + 1, ")");
        }
        else if (at == i + 3 && Tokens.KindOf(i + 2) == SqlTokenKind.Text
            && ArrayOf(i + 2, type, close) is { } value)
        {
            Replace(i, close + 1, value);
        }
        else if (Converted(i + 2, at, type, close) is var (before, after))
        {
            Replace(i, i + 2, before);
            Replace(at, close + 1, after);
        }
        else
        {
            VisitType(type, Tokens.TypeEnd(type));
        }
    }

    /// <summary>Whether tokens are a column of the outermost SELECT, which a client sees.</summary>
    bool IsColumn(int start, int end) => Structure.Items.Any(item => item.Query < 0 && item.Start == start
        && (item.End == end
            || (HasAlias(start, item.End) && end == item.End - (Tokens.IsWord(item.End - 2, "as") ? 2 : 1))));

    bool IsConstant(int start, int end) =>
        (end == start + 1 && Tokens.KindOf(start) == SqlTokenKind.Text)
            || (end == start + 2 && Tokens.IsSymbol(start, '$'));

    /// <summary>
    /// The call that looks an operand up in the catalog where a type asks for it, up to its argument; null for another
    /// type.
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
        string.Create(CultureInfo.InvariantCulture, $" {PgFunctions.NameOf(kind)}({context.Catalog()}, '{function}', ");

    /// <summary>A text as the list that it is of a type of arrays.</summary>
    string? ArrayOf(int text, int type, int end)
    {
        if (!Tokens.IsSymbol(end - 1, ']') || PgTypes.FindByName(LastName(type)) is not { } oid
            || PgTypes.Find(oid) is not { } element) return null;
        var value = Tokens.Sql[(Tokens.StartOf(text) + 1)..(Tokens.EndOf(text) - 1)].Replace(
            "''", "'", StringComparison.Ordinal);
        if (!value.TrimStart().StartsWith('{')) return null;
        var list = PgArrayText.ToSql(value, element);
        return Tokens.IsSymbol(Tokens.PartnerOf(end - 1) - 1, ']')
            || value.TrimStart().StartsWith("{{", StringComparison.Ordinal)
            ? throw Unsupported("a text with arrays of arrays", text, "write ARRAY[ARRAY[1, 2], ARRAY[3, 4]]")
            : list;
    }

    /// <summary>The last part of a type's name.</summary>
    string LastName(int type)
    {
        while (Tokens.IsSymbol(type + 1, '.') && Tokens.IsName(type + 2)) type += 2;
        return Tokens.IsName(type) ? Tokens.NameOf(type) : "";
    }

    /// <summary>Writes a type as DuckDB knows it.</summary>
    void VisitType(int type, int end)
    {
        var last = type;
        while (Tokens.IsSymbol(last + 1, '.') && Tokens.IsName(last + 2)) last += 2;
        if (!Tokens.IsName(last)) return;
        var hasDigits = Tokens.IsSymbol(last + 1, '(');
        if (PgTypeNames.EngineName(Tokens.NameOf(last), hasDigits) is { } name)
            // Digits of such a type say nothing to DuckDB.
            Replace(type, hasDigits ? Tokens.PartnerOf(last + 1) + 1 : last + 1, name);
        else if (last > type) Replace(type, last, "");
        for (var i = type; i < end; i++) IsDone[i] = true;
    }
}
