using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Foz.Lake.Catalog;
using Foz.Operations.Hosting;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Alerts;

/// <summary>What rules ask of the host; of this machine, or of a stand-in for it.</summary>
interface IHostFacts
{
    /// <summary>How many bytes are free, and how many there are.</summary>
    (long Free, long All) RoomOf(HostRoom of);

    /// <summary>When the disk of the lake will be full; null where it does not fill, as far as is known.</summary>
    Task<DiskForecast?> ForetellDiskAsync(CancellationToken cancellationToken);

    /// <summary>When the certificate of <c>serve.tls</c> ends; null where there is none.</summary>
    DateTimeOffset? CertificateEndsAt();
}

/// <summary>This machine.</summary>
/// <param name="lake">The lake.</param>
/// <param name="file">What <c>foz.yml</c> says.</param>
sealed class HostFacts(Lakehouse lake, ProjectFile file) : IHostFacts
{
    /// <inheritdoc/>
    public (long Free, long All) RoomOf(HostRoom of)
    {
        if (of is HostRoom.Memory) return Memory();
        // A lake in a store has no disk: that of temporary files is what fills.
        var drive = new DriveInfo(lake.IsLocal ? lake.Folder : Path.GetTempPath());
        return (drive.AvailableFreeSpace, drive.TotalSize);
    }

    /// <inheritdoc/>
    public Task<DiskForecast?> ForetellDiskAsync(CancellationToken cancellationToken) =>
        DiskForecast.ReadAsync(lake, cancellationToken);

    /// <inheritdoc/>
    public DateTimeOffset? CertificateEndsAt()
    {
        if (file.Serve.CertificateFile is not { } path) return null;
        using var certificate = X509CertificateLoader.LoadCertificate(File.ReadAllBytes(path));
        return new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
    }

    static (long Free, long All) Memory()
    {
        const string File = "/proc/meminfo";
        if (!System.IO.File.Exists(File))
        {
            var known = GC.GetGCMemoryInfo();
            return (known.TotalAvailableMemoryBytes - known.MemoryLoadBytes, known.TotalAvailableMemoryBytes);
        }
        var values = System.IO.File.ReadLines(File)
            .Select(line => line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is ["MemAvailable" or "MemTotal", ..])
            .ToDictionary(words => words[0], words => long.Parse(words[1], CultureInfo.InvariantCulture) * 1024);
        return (values["MemAvailable"], values["MemTotal"]);
    }
}
