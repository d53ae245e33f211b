using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Operations.Alerts;
using Foz.Operations.Channels;
using Foz.Operations.Incidents;

namespace Foz.Cli.Commands.Operating;

/// <summary><c>foz alerts</c>: channels, rules and silences.</summary>
static class AlertsCommand
{
    public const string Name = "alerts";

    static readonly TimeSpan silenceDefault = TimeSpan.FromHours(1);

    static readonly IReadOnlyList<ResultColumn> Columns = [new("what"), new("name"), new("state")];

    public static Command Create(CommandContext context) => new ExampleCommand(
        Name, "List alerts, try channels, and silence incidents",
        ["foz alerts ls", "foz alerts test data", "foz alerts silence 'silver.*' --for 2h --why migration"])
    {
        List(context), Test(context), Silence(context),
    };

    static ExampleCommand List(CommandContext context)
    {
        var command = new ExampleCommand(
            "ls", "List channels, rules, silences, and messages that were not taken yet", ["foz alerts ls"]);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var errors = new ErrorList();
            using var settings = AlertService.Read(workspace.File, static _ => { }, context.Shell.Clock, errors);
            context.Secrets = workspace.File.Secrets;
            var service = new IncidentService(workspace.Lake, workspace.File);
            var waiting = (await service.ListWaitingAsync(cancellationToken)).GroupBy(message => message.Channel)
                .ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
            var rows = settings.Channels.Keys.Order(StringComparer.Ordinal)
                .Select(name => (object?[])["channel", name, StateOf(waiting.GetValueOrDefault(name) ?? [])])
                .Concat(settings.Rules.Select(rule =>
                    (object?[])["rule", rule.Name, rule.Severity.ToString().ToLowerInvariant()]))
                .Concat((await service.ListSilencesAsync(cancellationToken)).Select(silence => (object?[])
                [
                    "silence", $"{silence.Number}", TextOf(silence),
                ])).ToList();
            context.WriteRows(arguments, Columns, rows.Select(row => row.Select(value =>
                value is string text ? context.Mask(text) : value).ToArray()));
            errors.ThrowIfAny();
        });
        return command;
    }

    static string StateOf(List<WaitingMessage> waiting) => waiting.Count == 0
        ? ""
        : RunText.Count(waiting.Count, "message waits", "messages wait")
            + (waiting[0] is { Error: { } error, Attempts: var attempts } ? $", {attempts} tries: {error}" : "");

    static string TextOf(Silence silence)
    {
        string?[] parts =
        [
            silence.Subject, silence.Owner is { } owner ? $"owner {owner}" : null,
            silence.Tag is { } tag ? $"tag {tag}" : null,
            silence.Kind is { } kind ? $"kind {kind.ToString().ToLowerInvariant()}" : null,
        ];
        var what = string.Join(", ", parts.OfType<string>());
        return $"{(what.Length == 0 ? "all" : what)} until {FiringText.Of(silence.Until)}, "
            + $"by {silence.By}: {silence.Reason}";
    }

    static ExampleCommand Test(CommandContext context)
    {
        var names = new Argument<string[]>("channels")
        {
            Description = "The channels (default: all)", Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new ExampleCommand(
            "test", "Send a message to channels to try them", ["foz alerts test", "foz alerts test data"]) { names };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var errors = new ErrorList();
            using var settings = AlertService.Read(
                workspace.File, context.Shell.Out.WriteLine, context.Shell.Clock, errors);
            context.Secrets = workspace.File.Secrets;
            var named = arguments.GetValue(names)!;
            foreach (var name in named.Where(name => !settings.Channels.ContainsKey(name)))
                errors.Add(new(
                    ErrorKind.Usage, $"unknown channel '{name}'")
                {
                    Hint = NearestName.Hint(name, settings.Channels.Keys),
                });
            errors.ThrowIfAny();
            var service = new AlertService(workspace.Lake, workspace.File);
            var failed = 0;
            foreach (var (name, channel) in settings.Channels.Where(entry =>
                named.Length == 0 ? entry.Key != AlertSettings.HostChannel : named.Contains(entry.Key)))
                switch (await service.TestAsync(channel, cancellationToken))
                {
                    case Delivery.Sent:
                        context.Shell.Out.WriteLine($"{name}: sent");
                        break;
                    case Delivery.Failed { Reason: var reason }:
                        context.Shell.Error.WriteLine(context.Mask($"{name}: {reason}"));
                        failed++;
                        break;
                    case Delivery.Refused { Reason: var reason }:
                        context.Shell.Error.WriteLine(context.Mask($"{name}: refused: {reason}"));
                        failed++;
                        break;
                }
            return failed == 0 ? 0 : ErrorKind.Source.ExitCode;
        });
        return command;
    }

    static ExampleCommand Silence(CommandContext context)
    {
        var subject = new Argument<string?>("subject")
        {
            Description = "A table, schedule or rule, with * (default: all)", Arity = ArgumentArity.ZeroOrOne,
        };
        var options = new SilenceOptions();
        var command = new ExampleCommand(
            "silence", "Keep incidents from making messages for a time, or end that",
            ["foz alerts silence 'silver.*' --for 2h --why migration", "foz alerts silence --end 3"])
        {
            subject, options.Length, options.Why, options.Owner, options.Tag, options.Kind, options.End,
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var service = new IncidentService(workspace.Lake, workspace.File);
            if (arguments.GetValue(options.End) is { } number)
            {
                await service.EndSilenceAsync(number, cancellationToken);
                context.Shell.Out.WriteLine($"silence {number} has ended");
                return;
            }
            var silence = await service.SilenceAsync(
                options.Read(arguments, arguments.GetValue(subject), context.Shell.Clock.GetUtcNow()),
                cancellationToken);
            context.Shell.Out.WriteLine($"silence {silence.Number}: {TextOf(silence)}");
        });
        return command;
    }

    /// <summary>The options of a silence.</summary>
    sealed class SilenceOptions
    {
        public Option<string?> Length { get; } = new("--for")
        {
            Description = "How long (default: 1h)", HelpName = "time",
        };

        public Option<string?> Why { get; } = new("--why") { Description = "The reason", HelpName = "text" };

        public Option<string?> Owner { get; } = new("--owner")
        {
            Description = "Only of tables of an owner", HelpName = "owner",
        };

        public Option<string?> Tag { get; } = new("--tag")
        {
            Description = "Only of tables with a tag", HelpName = "tag",
        };

        public Option<string?> Kind { get; } = new("--kind")
        {
            Description = "Only of a kind: step, check, late, schedule, condition, …", HelpName = "kind",
        };

        public Option<int?> End { get; } = new("--end")
        {
            Description = "End the silence of a number", HelpName = "number",
        };

        public Silence Read(ParseResult arguments, string? subject, DateTimeOffset now)
        {
            var length = silenceDefault;
            if (arguments.GetValue(Length) is { } text
                && (!Duration.TryParseWords(text, out length) || length <= TimeSpan.Zero
                    || length > TimeSpan.FromDays(366)))
                throw CommandContext.Unreadable(Length.Name, text, "write 2h or '3 days', at most 366 days");
            IncidentKind? kind = null;
            if (arguments.GetValue(Kind) is { } word)
                kind = Enum.TryParse<IncidentKind>(word, ignoreCase: true, out var read) && !char.IsDigit(word[0])
                    ? read
                    : throw CommandContext.Unreadable(
                        Kind.Name, word,
                        NearestName.Hint(word, Enum.GetNames<IncidentKind>().Select(name => name.ToLowerInvariant()))
                            ?? "see foz incidents");
            return new()
            {
                Number = 0, Subject = subject, Owner = arguments.GetValue(Owner), Tag = arguments.GetValue(Tag),
                Kind = kind, Until = now + length, By = Environment.UserName,
                Reason = arguments.GetValue(Why) ?? "no reason given",
            };
        }
    }
}
