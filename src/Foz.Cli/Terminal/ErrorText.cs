using Foz.Lake;

namespace Foz.Cli.Terminal;

/// <summary>Errors as people see them.</summary>
/// <param name="mask">Takes secrets out of a text.</param>
/// <param name="isVerbose">Whether the stack of an unexpected error is shown.</param>
sealed class ErrorText(Func<string, string> mask, bool isVerbose)
{
    /// <summary>A text without secrets.</summary>
    public string Mask(string text) => mask(text);

    /// <summary>An error without secrets; of a bug, what to do about it or where it arose.</summary>
    public string Of(FozException error) => mask(error switch
    {
        _ when isVerbose && error.InnerException is { } cause => $"{error.Describe()}\n{cause}",
        { Kind: ErrorKind.Bug } =>
            $"{error.Describe()}\n  this is a bug in Foz: run it again with --verbose and report what it says",
        _ => error.Describe(),
    });
}
