using Foz.Delta.Schema;

namespace Foz.Lake.Tables.Expressions;

/// <summary>A place among the tokens of a Spark SQL expression.</summary>
/// <param name="text">Spark SQL.</param>
abstract class SparkCursor(string text)
{
    readonly IReadOnlyList<SparkToken> tokens = SparkTokens.Read(text);
    int at;

    /// <summary>The token at this place.</summary>
    protected SparkToken Current => tokens[at];

    /// <summary>The token after it.</summary>
    protected SparkToken Next => tokens[Math.Min(at + 1, tokens.Count - 1)];

    public FozException Fault(string fault) => SparkTokens.Fault(text, Current.Position, fault);

    protected FozException FaultAt(SparkToken token, string fault) => SparkTokens.Fault(text, token.Position, fault);

    protected void Skip(int count = 1) => at += count;

    protected SparkToken TakeToken() => tokens[at++];

    public bool TakeWord(string word)
    {
        if (!Current.IsWord(word)) return false;
        at++;
        return true;
    }

    public bool TakeSymbol(string symbol)
    {
        if (!Current.IsSymbol(symbol)) return false;
        at++;
        return true;
    }

    public void ExpectSymbol(string symbol)
    {
        if (!TakeSymbol(symbol)) throw Fault($"{symbol} is missing");
    }

    public void ExpectWord(string word)
    {
        if (!TakeWord(word)) throw Fault($"{word} is missing");
    }

    public string TakeName() => Current.Kind is SparkTokenKind.Word or SparkTokenKind.QuotedName
        ? tokens[at++].Value
        : throw Fault("a name is missing");

    /// <summary>Reads the type at this place, as CAST has it.</summary>
    public DeltaType TakeType()
    {
        var start = Current.Position;
        TakeName();
        if (Current.IsSymbol("(") || Current.IsSymbol("<"))
        {
            var nesting = 0;
            do
            {
                nesting += Current.Value switch { "(" or "<" => 1, ")" or ">" => -1, ">>" => -2, _ => 0 };
                at++;
            }
            while (nesting > 0 && Current.Kind != SparkTokenKind.End);
        }
        try
        {
            return TypeText.Parse(text[start..Current.Position].Trim());
        }
        catch (Foz.Delta.DeltaException e)
        {
            throw SparkTokens.Fault(text, start, e.Message);
        }
    }

    protected FozException Unexpected() => Fault(
        Current.Kind == SparkTokenKind.End ? "it ends too early" : $"'{Current.Value}' is not expected");
}
