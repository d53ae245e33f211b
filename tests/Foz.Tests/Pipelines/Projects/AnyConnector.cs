using Foz.Connectors;
using Foz.Lake.Configuration;

namespace Foz.Tests.Pipelines.Projects;

/// <summary>A connector of files that takes the settings of the example projects and reads nothing.</summary>
sealed class AnyConnector : IConnector
{
    public string Type => "files";

    public IReadOnlyList<SettingSpec> ConnectionSettings => [new("path", "The folder.")];

    public IReadOnlyList<SettingSpec> StreamSettings => [new("path", "The files."), new("format", "Their format.")];

    public StreamMode DefaultMode => StreamMode.Incremental;

    public ISource Open(SourceDefinition source, string projectFolder) => throw new NotSupportedException();
}
