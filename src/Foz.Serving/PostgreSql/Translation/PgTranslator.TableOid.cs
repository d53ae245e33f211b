using System.Globalization;
using Foz.Serving.PostgreSql.Types;

namespace Foz.Serving.PostgreSql.Translation;

/// <content>The column <c>tableoid</c>, which each relation of the catalogs has beside those that <c>*</c>
/// gives.</content>
sealed partial class PgTranslator
{
    /// <summary><c>alias.tableoid</c>, where the alias is of a relation of the catalogs.</summary>
    /// <returns>Whether it was one.</returns>
    bool VisitTableOid(int i)
    {
        if (CatalogOf(i) is not { } relation) return false;
        Replace(i, i + 3, string.Create(CultureInfo.InvariantCulture, $"CAST({relation.Oid} AS UINTEGER)"));
        return true;
    }

    /// <summary>
    /// The relation of the catalogs that has an alias in the SELECT where the alias is used; null for none.
    /// </summary>
    PgRelation? CatalogOf(int use)
    {
        var alias = Tokens.NameOf(use);
        for (var i = use + 3; i < Tokens.Count && !Tokens.IsClosing(i) && !Tokens.IsWord(i, "union"); i++)
        {
            if (CatalogNamed(i, alias) is { } found) return found;
            if (Tokens.IsOpening(i)) i = Tokens.PartnerOf(i);
        }
        for (var i = use - 1; i >= 0 && !Tokens.IsOpening(i) && !Tokens.IsWord(i, "union"); i--)
        {
            if (CatalogNamed(i, alias) is { } found) return found;
            if (Tokens.IsClosing(i)) i = Math.Min(i, Tokens.PartnerOf(i));
        }
        return null;
    }

    /// <summary>The relation of the catalogs whose alias is at a token; null for none.</summary>
    PgRelation? CatalogNamed(int i, string alias)
    {
        if (!Tokens.IsName(i) || !Structure.IsInFrom(i) || Tokens.NameOf(i) != alias) return null;
        var name = Tokens.IsWord(i - 1, "as") ? i - 2 : i - 1;
        if (name < 0 || !Tokens.IsName(name)) return null;
        return PgRelation.Find(
            name >= 2 && Tokens.IsSymbol(name - 1, '.') ? Tokens.NameOf(name - 2) : null, Tokens.NameOf(name));
    }
}
