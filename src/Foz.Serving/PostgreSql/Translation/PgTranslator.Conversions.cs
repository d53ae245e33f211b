using System.Collections.Frozen;
using System.Globalization;
using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Serving.PostgreSql.Types;
using Foz.Wire.PostgreSql;

namespace Foz.Serving.PostgreSql.Translation;

/// <content>Casts that give other values in DuckDB.</content>
sealed partial class PgTranslator
{
    /// <summary>Types of PostgreSQL whose values no type of the engine has.</summary>
    static readonly FrozenSet<string> missingTypes = FrozenSet.ToFrozenSet(
    [
        "bit", "varbit", "inet", "cidr", "macaddr", "macaddr8", "point", "line", "lseg", "box", "path", "polygon",
        "circle", "tsvector", "tsquery",
        "xml", "pg_lsn", "jsonpath", "hstore", "int4range", "int8range", "numrange", "tsrange", "tstzrange",
        "daterange",
    ], StringComparer.Ordinal);

    static readonly FrozenSet<string> wholeTypes = FrozenSet.ToFrozenSet(
        ["int2", "smallint", "int4", "int", "integer", "int8", "bigint"], StringComparer.Ordinal);

    /// <summary>
    /// Returns the texts before and after an operand for a cast; null if the engine's cast is the same.
    /// </summary>
    /// <param name="start">The operand's first token.</param>
    /// <param name="operandEnd">The token after it.</param>
    /// <param name="type">The type's first token.</param>
    /// <param name="end">The token after the type.</param>
    (string Before, string After)? Converted(int start, int operandEnd, int type, int end)
    {
        var name = LastName(type);
        if (Tokens.IsSymbol(end - 1, ']'))
            return Tokens.IsSymbol(Tokens.PartnerOf(end - 1) - 1, ']')
                ? throw Unsupported("a cast to arrays of arrays", type, "write ARRAY[ARRAY[1, 2], ARRAY[3, 4]]")
                : null;
        if (missingTypes.Contains(name)) throw Unsupported($"the type {name}", type, "keep it as text");
        var isText = operandEnd == start + 1 && Tokens.KindOf(start) == SqlTokenKind.Text;
        var parameter = ParameterAt(start, operandEnd);
        var given = parameter is { } number ? context.ParameterType(number) : null;
        // What it is cast to decides about a parameter of no type.
        var isParameter = parameter is not null && given is null;
        var length = LengthOf(type, end);
        switch (name)
        {
            case "numeric" or "decimal" or "dec" when length is null && given is TypeOids.Numeric:
                return ("", "");
            case "numeric" or "decimal" or "dec" when length is null && !isParameter:
                if (NumericConstant(start, operandEnd) is not { } constant) return ("foz_numeric(", ")");
                Edits.Forget(Tokens.StartOf(start), Tokens.EndOf(operandEnd - 1));
                for (var i = start; i < operandEnd; i++) Replace(i, i + 1, i == start ? constant : "");
                return ("", "");
            case "varchar" or "character varying" or "character" when length is not null && IsVarying(type, name):
                return (isParameter ? "left(CAST(" : "left(foz_text(", isParameter
                    ? $" AS VARCHAR), {length})"
                    : $"), {length})");
            case "char" or "character" or "bpchar" when Tokens.KindOf(type) == SqlTokenKind.Word
                && !IsVarying(type, name):
                if (name == "bpchar" && length is null) return null;
                if (length is not (null or "1"))
                    throw Unsupported(
                        $"a cast to character({length})", type,
                        $"cast to varchar({length}): a text has no blanks that do not count");
                return ("left(CAST(", " AS VARCHAR), 1)");
            case "text" or "varchar" or "character" when length is null && !isText && !isParameter:
                return ("foz_text(", ")");
            case "bytea" when !isParameter:
                return ("foz_bytea(", ")");
            case "jsonb":
                return ("foz_to_jsonb(", ")");
            case "date" or "timestamp" or "timestamptz" when isText && TimeConstant(start, name) is { } time:
                Replace(start, start + 1, time);
                return null;
            case "float8" or "double" or "float" or "float4" or "real" when isText:
                CheckReal(start, name);
                return null;
            case "date" or "timestamp" or "timestamptz" when !isText && !isParameter:
                Edits.Around(Tokens.StartOf(start), Tokens.EndOf(operandEnd - 1), "foz_after_christ(", ")");
                return null;
            case var whole when isText && wholeTypes.Contains(whole):
                CheckWhole(start, whole);
                return null;
            default:
                return null;
        }
    }

    bool IsVarying(int type, string name) => name == "varchar" || Tokens.IsWord(type + 1, "varying");

    /// <summary>The length of a type; null where none is given.</summary>
    string? LengthOf(int type, int end)
    {
        for (var at = type; at < end; at++)
            if (Tokens.IsSymbol(at, '('))
                return Tokens.Sql[Tokens.EndOf(at)..Tokens.StartOf(Tokens.PartnerOf(at))].Trim();
        return null;
    }

    /// <summary>A text as a whole number: the engine would round a fraction.</summary>
    void CheckWhole(int text, string type)
    {
        var value = Tokens.List.TextOf(text);
        if (value[0] != '\''
            || long.TryParse(value[1..^1].Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            return;
        if (Int128.TryParse(value[1..^1].Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            return;
        throw new FozException(
            ErrorKind.Data,
            $"invalid input syntax for type {PgTypeNames.Of(PgTypes.FindByName(type)!.Value)}: \"{value[1..^1]}\"")
        {
            SqlState = "22P02", Place = SqlPlaces.At(Tokens.Sql, Tokens.StartOf(text)),
        };
    }

    /// <summary>A text as a number with a fraction: the engine takes one that is too large for infinity.</summary>
    void CheckReal(int text, string type)
    {
        var value = Tokens.List.TextOf(text)[1..^1].Trim();
        if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            || !char.IsAsciiDigit(value[^1]))
            return;
        if (double.IsFinite(number) && (type is not ("float4" or "real") || float.IsFinite((float)number))) return;
        throw new FozException(
            ErrorKind.Data, $"\"{value}\" is out of range for type {PgTypeNames.Of(PgTypes.FindByName(type)!.Value)}")
        {
            SqlState = "22003", Place = SqlPlaces.At(Tokens.Sql, Tokens.StartOf(text)),
        };
    }

    /// <summary><c>date '…'</c> and the like.</summary>
    /// <returns>Whether it was changed.</returns>
    bool VisitTypedConstant(int i)
    {
        var name = Tokens.NameOf(i);
        if (Tokens.EndsOperand(i - 1) || Tokens.IsWord(i - 1, "as")) return false;
        switch (name)
        {
            case "date" or "timestamp" or "timestamptz" when TimeConstant(i + 1, name) is { } time:
                Replace(i + 1, i + 2, time);
                return true;
            case "numeric" or "decimal" when NumericConstant(i + 1, i + 2) is { } number:
                Replace(i, i + 2, number);
                return true;
            case "bytea" or "jsonb":
                Replace(i, i + 1, name == "bytea" ? "foz_bytea" : "foz_to_jsonb");
                Edits.Around(Tokens.StartOf(i + 1), Tokens.EndOf(i + 1), "(", ")");
                return true;
            case var type when missingTypes.Contains(type):
                throw Unsupported($"the type {type}", i, "keep it as text");
            default:
                return false;
        }
    }
}
