using System.CommandLine;
using Foz.Cli.Commands;
using Foz.Cli.Commands.Serving;
using Foz.Cli.Commands.Starting;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.Cli;

/// <summary>The command <c>foz</c>: parses its arguments, runs the requested command, and reports errors.</summary>
static class FozCommand
{
    const int UsageExitCode = 2;

    /// <summary>An argument with @ is a selector, and no file of arguments.</summary>
    static readonly ParserConfiguration parsing = new() { ResponseFileTokenReplacer = null };

    /// <summary>
    /// All commands with their arguments and options, to hold documents against; none of them can be run.
    /// </summary>
    public static Command Tree() => CommandTree.Create(
        new(new Shell { Out = TextWriter.Null, Error = TextWriter.Null, In = () => TextReader.Null }), []);

    /// <summary>Runs.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="shell">What it talks to.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="engines">The engines of a host that runs it; null where it makes its own.</param>
    /// <returns>The exit code: 0, or that of the error's kind.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, Shell shell, CancellationToken cancellationToken, EnginePool? engines = null)
    {
        shell = shell.Guarded();
        // The one command that is asked for its start-up time alone needs no parser.
        if (args is ["version" or "--version"])
        {
            VersionCommand.Write(shell);
            Flush(shell);
            return 0;
        }
        var loading = args is [QueryCommand.Name, ..] && !args.Contains("--remote", StringComparer.Ordinal)
            ? EnginePool.LoadAhead()
            : null;
        var context = new CommandContext(shell)
        {
            Engines = engines, RunAsync = static (line, to, own, stop) => RunAsync(line, to, stop, own), Check = Check,
        };
        var isVerbose = args.Contains("--verbose", StringComparer.Ordinal);
        try
        {
            if (args.Count == 0)
            {
                await new StartPage(context).WriteAsync(cancellationToken);
                return 0;
            }
            var root = CommandTree.Create(context, args);
            var arguments = root.Parse(args, parsing);
            UsageErrors.ThrowIfAny(arguments);
            var configuration = new InvocationConfiguration
            {
                Output = shell.Out, Error = shell.Error, EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await arguments.InvokeAsync(configuration, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            shell.Error.WriteLine("stopped");
            return UsageExitCode;
        }
        catch (Exception e)
        {
            return context.Report(e, isVerbose);
        }
        finally
        {
            loading?.Join();
            Flush(shell);
        }
    }

    /// <summary>Finds what is wrong with a command line; null where nothing is.</summary>
    public static FozException? Check(IReadOnlyList<string> args)
    {
        var silent = new Shell { Out = TextWriter.Null, Error = TextWriter.Null, In = static () => TextReader.Null };
        try
        {
            UsageErrors.ThrowIfAny(CommandTree.Create(new(silent), args).Parse(args, parsing));
            return null;
        }
        catch (FozException e)
        {
            return e;
        }
    }

    /// <summary>Not asynchronously: for that the process would have to start more threads.</summary>
    static void Flush(Shell shell)
    {
        shell.Out.Flush();
        shell.Error.Flush();
    }
}
