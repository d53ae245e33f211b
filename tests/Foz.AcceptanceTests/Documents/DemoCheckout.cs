using System.Diagnostics;
using Foz.AcceptanceTests.Documents;
using Foz.Tests;

[assembly: AssemblyFixture(typeof(DemoCheckout))]

namespace Foz.AcceptanceTests.Documents;

/// <summary>
/// What of a checkout a user sees after <c>git clone</c>, with a <c>./foz</c> that is the one built with the tests; and
/// the lake of <c>make demo</c>, which is made when a test first asks for it.
/// </summary>
public sealed class DemoCheckout : IDisposable
{
    static readonly string[] Files = ["Makefile", "Foz.slnx"];

    readonly SemaphoreSlim making = new(1);
    string? output;

    readonly string made = Directory.CreateTempSubdirectory("foz-checkout-").FullName;

    /// <summary>Copies the checkout, with the lake of its demo, to a folder.</summary>
    /// <returns>What <c>make demo</c> wrote when the lake was made.</returns>
    public async Task<string> CopyAsync(string folder)
    {
        var written = await MakeAsync();
        CopyFolder(made, folder);
        return written;
    }

    /// <summary>Writes the command <c>foz</c> into a folder: the one that was built with the tests.</summary>
    public static void WriteCommand(string folder)
    {
        var file = Path.Combine(Directory.CreateDirectory(folder).FullName, "foz");
        File.WriteAllText(
            file, $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "foz.dll")}' \"$@\"\n");
        using var chmod = Process.Start("chmod", ["+x", file]);
        chmod.WaitForExit();
    }

    /// <summary>Copies a folder with all that is in it.</summary>
    /// <param name="from">The folder.</param>
    /// <param name="to">Its copy; files that are there are replaced.</param>
    /// <param name="except">Folders directly in it that are left out.</param>
    public static void CopyFolder(string from, string to, params IReadOnlyCollection<string> except)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(from, file);
            if (except.Contains(relative.Split(Path.DirectorySeparatorChar)[0])) continue;
            var copy = Path.Combine(to, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }
    }

    public void Dispose()
    {
        making.Dispose();
        Directory.Delete(made, recursive: true);
    }

    async Task<string> MakeAsync()
    {
        await making.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (output is not null) return output;
            foreach (var file in Files) File.Copy(Path.Combine(Repository.Root, file), Path.Combine(made, file));
            WriteCommand(made);
            CopyFolder(
                Path.Combine(Repository.Root, "examples", "loja"), Path.Combine(made, "examples", "loja"),
                except: ["data", "lake"]);
            using var make = Process.Start(new ProcessStartInfo("make", ["--no-print-directory", "demo"])
            {
                WorkingDirectory = made, UseShellExecute = false, RedirectStandardOutput = true,
            })!;
            var written = await make.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(make.ExitCode == 0, written);
            return output = written;
        }
        finally
        {
            making.Release();
        }
    }
}
