using System.Globalization;
using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>Arithmetic as Python has it, on whole numbers of 64 bits, floating ones and decimals.</summary>
static class JinjaNumber
{
    /// <summary>A number as a floating one.</summary>
    public static double ToDouble(object value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        decimal number => (double)number,
        _ => (double)value,
    };

    /// <summary>Which of two numbers is less.</summary>
    public static int Compare(object left, object right) => (Widen(left), Widen(right)) switch
    {
        (long a, long b) => a.CompareTo(b),
        (double a, var b) => a.CompareTo(ToDouble(b)),
        (var a, double b) => ToDouble(a).CompareTo(b),
        var (a, b) =>
            Convert.ToDecimal(
                a, CultureInfo.InvariantCulture).CompareTo(Convert.ToDecimal(b, CultureInfo.InvariantCulture)),
    };

    /// <summary>The result of an operator on two numbers.</summary>
    /// <param name="operation">The operator.</param>
    /// <param name="left">The first number.</param>
    /// <param name="right">The second one.</param>
    /// <param name="place">Where it stands.</param>
    /// <exception cref="FozException">It has none.</exception>
    public static object Calculate(string operation, object left, object right, Place place)
    {
        try
        {
            return (Widen(left), Widen(right)) switch
            {
                (long a, long b) => OnIntegers(operation, a, b),
                (decimal or long, decimal or long) and var (a, b) when operation != "**" => OnDecimals(
                    operation, Convert.ToDecimal(a, CultureInfo.InvariantCulture),
                    Convert.ToDecimal(b, CultureInfo.InvariantCulture)),
                var (a, b) => OnDoubles(operation, ToDouble(a), ToDouble(b)),
            };
        }
        catch (DivideByZeroException e)
        {
            throw new FozException(ErrorKind.Configuration, "a number is divided by zero", e) { Place = place };
        }
        catch (OverflowException e)
        {
            throw new FozException(ErrorKind.Configuration, $"the result of '{operation}' is too large", e)
            {
                Place = place,
            };
        }
    }

    static object Widen(object value) => value is bool flag ? flag ? 1L : 0L : value;

    static object OnIntegers(string operation, long a, long b) => checked(operation switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => b == 0 ? throw new DivideByZeroException() : (double)a / b,
        "//" => Floor(a, b),
        "%" => a - Floor(a, b) * b,
        "**" => b < 0 ? (object)Math.Pow(a, b) : Power(a, b),
        _ => throw new System.Diagnostics.UnreachableException(operation),
    });

    static long Floor(long a, long b) => checked(a / b) - (a % b != 0 && a < 0 != b < 0 ? 1 : 0);

    static long Power(long a, long exponent)
    {
        var result = 1L;
        for (; exponent > 0; exponent >>= 1)
        {
            if ((exponent & 1) == 1) result = checked(result * a);
            if (exponent > 1) a = checked(a * a);
        }
        return result;
    }

    static decimal OnDecimals(string operation, decimal a, decimal b) => operation switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "//" => decimal.Truncate(a / b),
        "%" => a % b,
        _ => throw new System.Diagnostics.UnreachableException(operation),
    };

    static double OnDoubles(string operation, double a, double b) => operation switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "**" => Math.Pow(a, b),
        _ when b == 0 => throw new DivideByZeroException(),
        "/" => a / b,
        "//" => Math.Floor(a / b),
        "%" => a - Math.Floor(a / b) * b,
        _ => throw new System.Diagnostics.UnreachableException(operation),
    };
}
