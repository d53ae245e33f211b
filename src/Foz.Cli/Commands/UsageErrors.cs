using System.CommandLine;
using System.CommandLine.Parsing;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Cli.Commands;

/// <summary>Errors in the arguments, in the platform's words.</summary>
static class UsageErrors
{
    const int LongOptionLengthMin = 3;

    /// <summary>Throws if the arguments do not parse.</summary>
    /// <exception cref="FozException">They do not; names the nearest right word.</exception>
    public static void ThrowIfAny(ParseResult arguments)
    {
        if (arguments.Tokens.Any(token => token.Type is TokenType.Option && token.Value is "--help" or "-h" or "-?"))
            return;
        var option = arguments.Tokens.TakeWhile(token => token.Type is not TokenType.DoubleDash)
            .FirstOrDefault(token => token.Type is TokenType.Argument && IsOption(token.Value))?.Value;
        if (option is not null)
            throw new FozException(ErrorKind.Usage, $"{PathOf(arguments)} has no option {option}")
            {
                Hint = NearOption(option.Split('=')[0], OptionsOf(arguments))
                    ?? $"{PathOf(arguments)} --help lists them",
            };
        if (arguments.Errors.Count > 0) throw Of(arguments);
    }

    static FozException Of(ParseResult arguments)
    {
        var command = arguments.CommandResult.Command;
        var path = PathOf(arguments);
        if (arguments.UnmatchedTokens is [var token, ..])
        {
            if (command.Subcommands.Count > 0)
                return new(ErrorKind.Usage, $"{path} has no command '{token}'")
                {
                    Hint = Near(token, command.Subcommands.Select(c => c.Name)) ?? $"{path} --help lists them",
                };
            return new(ErrorKind.Usage, $"{path} takes no argument '{token}'")
            {
                Hint = $"{path} --help shows how it is used",
            };
        }
        return new(ErrorKind.Usage, arguments.Errors[0].Message.TrimEnd('.'))
        {
            Hint = $"{path} --help shows how it is used",
        };
    }

    static string PathOf(ParseResult arguments)
    {
        var names = new List<string>();
        for (var result = arguments.CommandResult; result is not null;
            result = result.Parent as CommandResult)
        {
            names.Insert(0, result.Command.Name);
        }
        return string.Join(' ', names);
    }

    static IEnumerable<string> OptionsOf(ParseResult arguments) =>
        arguments.CommandResult.Command.Options.Concat(arguments.RootCommandResult.Command.Options)
            .SelectMany(option => option.Aliases.Prepend(option.Name));

    /// <summary>
    /// Whether a word is an option and no SQL, which may begin with a comment: <c>--name</c>, <c>-n=1</c>.
    /// </summary>
    static bool IsOption(string word) =>
        word.StartsWith('-') && word.TrimStart('-') is [>= 'A' and <= 'z', ..] && !word.Any(char.IsWhiteSpace);

    static string? Near(string text, IEnumerable<string> known) =>
        NearestName.Find(text, known) is { } near ? $"did you mean {near}?" : null;

    /// <summary>The option that was meant; short ones are near in nothing but dashes and case.</summary>
    static string? NearOption(string option, IEnumerable<string> known)
    {
        var word = option.TrimStart('-');
        var options = known.Select(name => (Name: name, Word: name.TrimStart('-'))).Where(candidate =>
            Math.Min(word.Length, candidate.Word.Length) >= LongOptionLengthMin
            || word.Equals(candidate.Word, StringComparison.OrdinalIgnoreCase)).ToList();
        return NearestName.Find(word, options.Select(o => o.Word)) is { } near
            ? $"did you mean {options.First(o => o.Word == near).Name}?"
            : null;
    }
}
