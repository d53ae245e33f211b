namespace Foz.Tests.Delta;

/// <summary>A folder of its own that goes with its test.</summary>
public sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("foz-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
