using System.Globalization;
using Foz.Lake.Configuration;
using Foz.Lake.Tables;
using Foz.Lake.Tables.ChangeFeed;

namespace Foz.Lake.Catalog;

/// <summary>A range of versions as people say it: by numbers or instants, both ends included.</summary>
public abstract record ChangeRange
{
    ChangeRange() { }

    /// <summary>By versions.</summary>
    sealed record Versions(long From, long? To) : ChangeRange
    {
        public override Task<TableChanges> ReadAsync(LakeTable table, CancellationToken cancellationToken) =>
            table.ChangesAsync(From, To, cancellationToken);
    }

    /// <summary>By instants.</summary>
    sealed record Instants(DateTimeOffset From, DateTimeOffset? To) : ChangeRange
    {
        public override Task<TableChanges> ReadAsync(LakeTable table, CancellationToken cancellationToken) =>
            table.ChangesAsync(From, To, cancellationToken);
    }

    /// <summary>Reads a range.</summary>
    /// <param name="from">Its first version as a number, or an instant, in UTC unless it says otherwise.</param>
    /// <param name="to">Its last one, of the same kind; null for the newest.</param>
    /// <exception cref="FozException">They are neither, or not of one kind.</exception>
    public static ChangeRange Parse(string from, string? to)
    {
        if (VersionOf(from) is { } first && (to is null || VersionOf(to) is not null))
            return new Versions(first, to is null ? null : VersionOf(to));
        if (VersionOf(from) is null && (to is null || VersionOf(to) is null))
            return new Instants(InstantOf(from), to is null ? null : InstantOf(to));
        throw new FozException(
            ErrorKind.Usage, $"from '{from}' to '{to}' is no range: one is a version, the other an instant");
    }

    /// <summary>Reads what the versions changed in a table.</summary>
    /// <exception cref="FozException">
    /// There are no such versions, or the log no longer has what they changed.
    /// </exception>
    public abstract Task<TableChanges> ReadAsync(LakeTable table, CancellationToken cancellationToken);

    static long? VersionOf(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null;

    static DateTimeOffset InstantOf(string text) => Instant.TryParse(text, out var instant)
        ? instant
        : throw new FozException(ErrorKind.Usage, $"'{text}' is neither a version nor an instant")
        {
            Hint = $"write a number from 0 on, {Instant.Examples}",
        };
}
