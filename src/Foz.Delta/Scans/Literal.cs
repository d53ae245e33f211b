using System.Text;
using Foz.Delta.Schema;

namespace Foz.Delta.Scans;

/// <summary>Reads the literals of predicates.</summary>
static class Literal
{
    /// <summary>
    /// Reads a literal as a column's type; one that the type cannot hold exactly gives the greatest value below it.
    /// </summary>
    public static bool TryParse(string text, DeltaType type, out DeltaValue floor, out bool isExact) =>
        DeltaValueParser.TryParse(Encoding.UTF8.GetBytes(text), type, out floor, out isExact);
}
