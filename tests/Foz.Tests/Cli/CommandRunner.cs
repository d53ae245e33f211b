using Foz.Cli;
using Foz.Cli.Terminal;

namespace Foz.Tests.Cli;

/// <summary>What a command wrote, and how it ended.</summary>
public sealed record CommandOutput(int ExitCode, string Out, string Error)
{
    /// <summary>Asserts that it ended well.</summary>
    public void ExpectOk() => Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Out}\n{Error}");
}

/// <summary>Runs commands in this process, in a folder of its own.</summary>
public sealed class CommandRunner : IDisposable
{
    /// <summary>The current folder of the commands.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("foz-cli-").FullName;

    /// <summary>What the commands read from the standard input.</summary>
    public string Input { get; set; } = "";

    /// <summary>The columns of the terminal that the commands write to; 0 for a file.</summary>
    public int Width { get; set; }

    /// <summary>The keys of a user at the terminal; null where nobody can be asked.</summary>
    internal TypedKeys? Keys { get; set; }

    /// <summary>The span that the runs of commands are a part of; null for none.</summary>
    public string? TraceParent { get; set; }

    /// <summary>Whether a user at a terminal that cannot move its cursor can be asked.</summary>
    public bool IsInteractive { get; set; }

    /// <summary>Runs a command.</summary>
    public Task<CommandOutput> RunAsync(params string[] args) => RunAsync(TestContext.Current.CancellationToken, args);

    /// <summary>Runs a command that can be stopped.</summary>
    public async Task<CommandOutput> RunAsync(CancellationToken cancellationToken, params string[] args)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        using var input = new StringReader(Input);
        var shell = new Shell
        {
            Out = output, Error = error, In = () => input, Folder = Folder,
            IsTerminal = Width > 0, HasColor = Width > 0, WidthNow = () => Width,
            TraceParent = TraceParent, Keys = Keys, IsInteractive = IsInteractive || Keys is not null,
        };
        var exitCode = await FozCommand.RunAsync(args, shell, cancellationToken);
        return new(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Writes a file below the folder.</summary>
    public void Write(string path, string text)
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
