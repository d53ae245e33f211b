using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Tables;
using Foz.Storage;

namespace Foz.Tests.Documentation;

/// <summary>Holds what documents say of errors and exit codes against the code.</summary>
public sealed class ErrorReferenceTests
{
    [Fact]
    public void Every_kind_of_error_stands_in_the_table_with_its_codes() => Generated.Table(
        MarkdownDocument.Read("docs/reference/errors.md"), "# Errors",
        Enum.GetValues<ErrorKind>().Select(kind => new[]
        {
            $"`{kind}`", kind.When, $"{kind.ExitCode}", $"`{kind.SqlState}`", $"{kind.HttpStatus}",
        }));

    [Fact]
    public void Every_kind_of_the_Delta_library_stands_in_the_table_with_what_it_becomes() => AssertDocumented(
        "## From the Delta library", Enum.GetValues<DeltaErrorKind>(), kind => new DeltaException(kind, "x"));

    [Fact]
    public void Every_kind_of_the_stores_stands_in_the_table_with_what_it_becomes() => AssertDocumented(
        "## From object stores", Enum.GetValues<StorageErrorKind>(), kind => new StorageException(kind, "x"));

    [Fact]
    public void Every_exit_code_is_documented_and_no_other() => Assert.Equal(
        Enum.GetValues<ErrorKind>().Select(kind => kind.ExitCode).Append(0).Distinct().Order()
            .Select(code => $"{code}"),
        MarkdownDocument.Find("docs/reference/commands.md").Table("## Exit codes").Select(cells => cells[0]));

    static void AssertDocumented<TKind>(string heading, IEnumerable<TKind> kinds, Func<TKind, Exception> error)
    {
        var documented = MarkdownDocument.Find("docs/reference/errors.md").Table(heading)
            .SelectMany(cells =>
                MarkdownDocument.CodeIn(cells[0]).Select(kind => (kind, MarkdownDocument.CodeIn(cells[1])[0])));
        Assert.Equal(
            kinds.Select(kind => ($"{kind}", $"{DeltaErrors.Find(error(kind))!.Kind}")).Order(), documented.Order());
    }
}
