using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Foz.Connectors.Databases.Providers;

/// <summary>A version of a package (Semantic Versioning 2.0, with NuGet's fourth number).</summary>
/// <param name="Text">As written, without what follows <c>+</c>.</param>
sealed record PackageVersion(string Text) : IComparable<PackageVersion>
{
    const int NumbersMax = 4;

    /// <summary>Whether it comes before a release.</summary>
    public bool IsPrerelease => Text.Contains('-', StringComparison.Ordinal);

    long[] Numbers => [.. Text.Split('-')[0].Split('.').Select(part => long.Parse(part, CultureInfo.InvariantCulture))];

    /// <summary>Reads a version.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PackageVersion? version)
    {
        var numbers = text.Split('+')[0].Split('-')[0].Split('.');
        version = numbers.Length is > 0 and <= NumbersMax
            && numbers.All(n => n.Length is > 0 and < 10 && n.All(char.IsAsciiDigit))
            ? new(text.Split('+')[0])
            : null;
        return version is not null;
    }

    /// <inheritdoc/>
    public int CompareTo(PackageVersion? other)
    {
        if (other is null) return 1;
        var (own, others) = (Numbers, other.Numbers);
        for (var i = 0; i < NumbersMax; i++)
            if (own.ElementAtOrDefault(i).CompareTo(others.ElementAtOrDefault(i)) is not 0 and var order) return order;
        if (IsPrerelease != other.IsPrerelease) return IsPrerelease ? -1 : 1;
        return !IsPrerelease
            ? 0
            : CompareLabels(
                Text[(Text.IndexOf('-', StringComparison.Ordinal) + 1)..],
                other.Text[(other.Text.IndexOf('-', StringComparison.Ordinal) + 1)..]);
    }

    /// <summary>Whether one comes before the other.</summary>
    public static bool operator <(PackageVersion left, PackageVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left version comes after the right one.</summary>
    public static bool operator >(PackageVersion left, PackageVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left version does not come after the right one.</summary>
    public static bool operator <=(PackageVersion left, PackageVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one does not come before the other.</summary>
    public static bool operator >=(PackageVersion left, PackageVersion right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => Text;

    static int CompareLabels(string a, string b)
    {
        var (left, right) = (a.Split('.'), b.Split('.'));
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            var (isNumber, isOther) = (long.TryParse(left[i], out var x), long.TryParse(right[i], out var y));
            var order = isNumber && isOther ? x.CompareTo(y)
                : isNumber != isOther ? (isNumber ? -1 : 1)
                : string.Compare(left[i], right[i], StringComparison.OrdinalIgnoreCase);
            if (order != 0) return order;
        }
        return left.Length.CompareTo(right.Length);
    }
}

/// <summary>
/// Versions that a dependency allows, as NuGet writes them: <c>1.0</c> (or later), <c>[1.0]</c>, <c>[1.0, 2.0)</c>.
/// </summary>
sealed record VersionRange(PackageVersion? Min, bool IncludesMin, PackageVersion? Max, bool IncludesMax)
{
    /// <summary>Any version.</summary>
    public static VersionRange Any { get; } = new(null, true, null, true);

    /// <summary>Reads a range; any version where it is none.</summary>
    public static VersionRange Parse(string? text)
    {
        text = text?.Trim() ?? "";
        if (PackageVersion.TryParse(text, out var least)) return new(least, true, null, true);
        if (text.Length < 3 || text[0] is not ('[' or '(') || text[^1] is not (']' or ')')) return Any;
        var parts = text[1..^1].Split(',', StringSplitOptions.TrimEntries);
        var min = PackageVersion.TryParse(parts[0], out var from) ? from : null;
        if (parts.Length == 1) return new(min, true, min, true);
        return new(min, text[0] == '[', PackageVersion.TryParse(parts[1], out var to) ? to : null, text[^1] == ']');
    }

    /// <summary>Whether a version is one of them.</summary>
    public bool Contains(PackageVersion version) =>
        (Min is null || version > Min || (IncludesMin && version.CompareTo(Min) == 0))
        && (Max is null || version < Max || (IncludesMax && version.CompareTo(Max) == 0));
}
